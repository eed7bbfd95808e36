// Command render turns helmfile's resolved releases and kustomizations into canonical Kubernetes objects, all of
// them in one process. It reads one JSON request on stdin and answers with JSON lines on stdout: for each
// component its objects in a fixed order and then one summary, or one error. It writes no file and opens no
// connection.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
	_ "time/tzdata" // a template may name a zone that this machine doesn't have
)

// Request is everything that a run may depend on.
type Request struct {
	Root       string      `json:"root"`       // the platform's folder; all paths below are relative to it
	Programs   string      `json:"programs"`   // the versions of the programs that render: part of every digest
	Components []Component `json:"components"` // what to render
	Prove      bool        `json:"prove"`      // render twice and refuse what differs
}

// Component is one folder of components/, as one environment sees it.
type Component struct {
	Name          string            `json:"name"`
	Environment   string            `json:"environment"`
	State         string            `json:"state"`         // what `helmfile build --embed-values` printed, or empty
	Kustomization string            `json:"kustomization"` // path of the folder to build, or empty
	Archives      map[string]string `json:"archives"`      // its upstream charts: path of the archive -> what it is called
	Rendered      map[string]string `json:"rendered"`      // release -> YAML that `helmfile template` made of it
	Hooks         string            `json:"hooks"`         // its hooks.yaml, which only the digest has to know
	Known         string            `json:"known"`         // the digest of its last render: it is skipped if that is the same
}

// Answer is one line of the output. Kind says which of the fields count.
type Answer struct {
	Kind        string   `json:"kind"` // "object", "component", "fallback" or "error"
	Component   string   `json:"component"`
	Environment string   `json:"environment"`
	Same        string   `json:"same,omitempty"` // an environment for which the component renders the same objects
	Object      *Object  `json:"object,omitempty"`
	Digest      string   `json:"digest,omitempty"`
	Unchanged   bool     `json:"unchanged,omitempty"`
	Charts      []string `json:"charts,omitempty"`
	DependsOn   []string `json:"depends_on,omitempty"` // components that the label dependsOn names
	Release     string   `json:"release,omitempty"`
	Message     string   `json:"message,omitempty"`
	Hint        string   `json:"hint,omitempty"`
}

// A date is written in UTC wherever it is rendered.
func init() { time.Local = time.UTC }

func main() {
	// A short life and little to keep: collecting garbage less often saves a third of the time for some 30 MB.
	debug.SetGCPercent(400)
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var request Request
	if err := json.NewDecoder(os.Stdin).Decode(&request); err != nil {
		return fmt.Errorf("request: %w", err)
	}
	platform := &Platform{request: request, charts: newChartStore(request.Root)}
	answers, err := renderAll(platform)
	if err != nil {
		return err
	}
	return write(answers)
}

// renderAll answers for every component, in the order in which they were asked for.
func renderAll(platform *Platform) ([][]Answer, error) {
	components := platform.request.Components
	answers, failures := make([][]Answer, len(components)), make([]error, len(components))
	var wait sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for index := range next {
				answers[index], failures[index] = platform.answer(components[index])
			}
		}()
	}
	for index := range components {
		next <- index
	}
	close(next)
	wait.Wait()
	return answers, errors.Join(failures...)
}

func write(answers [][]Answer) error {
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, lines := range answers {
		for _, line := range lines {
			if err := encoder.Encode(line); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}
