// Command resolve does what `helmfile build --embed-values` does, by helmfile's own packages, for many helmfiles and
// environments in one process. A helmfile is resolved once for all environments that give equal values to what its
// templates read (share.go). It reads one JSON request on stdin and answers with JSON lines on stdout; it opens no
// connection.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// Request names the helmfiles, and the files in environments/ that each environment may read.
type Request struct {
	Root         string              `json:"root"`         // the platform's folder; all paths below are relative to it
	Helm         string              `json:"helm"`         // the program, which helmfile asks for its version
	Environments map[string][]string `json:"environments"` // environment -> the files in environments/ that are its own or shared
	Helmfiles    []Helmfile          `json:"helmfiles"`
}

// Helmfile is a component's, with the environments to resolve it for.
type Helmfile struct {
	Path         string   `json:"path"`
	Environments []string `json:"environments"`
}

// Answer is one helmfile in one environment: its state as helmfile prints it, or an environment that has the same
// state, or helmfile's complaint, after which nothing follows.
type Answer struct {
	Path        string `json:"path"`
	Environment string `json:"environment"`
	State       string `json:"state,omitempty"`
	Same        string `json:"same,omitempty"`
	Error       string `json:"error,omitempty"`
}

func main() {
	// A short life and little to keep: collecting garbage less often saves a third of the time for some 30 MB.
	debug.SetGCPercent(400)
	if err := answer(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer(in io.Reader, out io.Writer) error {
	var request Request
	if err := json.NewDecoder(in).Decode(&request); err != nil {
		return fmt.Errorf("request: %w", err)
	}
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	shared := newSharer(request.Root)
	build := newBuilder(request)
	for _, helmfile := range request.Helmfiles {
		for _, environment := range helmfile.Environments {
			given := Answer{Path: helmfile.Path, Environment: environment}
			if given.Same = shared.equal(helmfile.Path, environment); given.Same == "" {
				state, read, err := build.state(helmfile.Path, environment)
				if err != nil {
					given.Error = err.Error()
					return lines.Encode(given)
				}
				given.State = state
				if len(request.Environments) > 1 { // otherwise, none can be equal
					shared.learn(helmfile.Path, environment, state, read)
				}
			}
			if err := lines.Encode(given); err != nil {
				return err
			}
		}
	}
	return nil
}
