// as_go answers how Kubernetes' YAML library reads a text: a request a line in, its answers a line out.
// It is built in tools/render, so of the versions that the renderer is built of.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	goyaml "go.yaml.in/yaml/v2"
	stream "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Answer is what the library makes of one document.
type Answer struct {
	JSON     json.RawMessage `json:"json,omitempty"`
	Error    string          `json:"error,omitempty"`
	Twice    bool            `json:"twice"`    // a key is set twice: the last one wins
	Collides bool            `json:"collides"` // two keys, such as 1 and "1", become one: either wins
	Rest     bool            `json:"rest"`     // what follows the document, which is dropped
}

func main() {
	reader := bufio.NewReaderSize(os.Stdin, 1<<20)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			return
		}
		var request struct {
			Text   string `json:"text"`
			Stream bool   `json:"stream"`
		}
		if err := json.Unmarshal(line, &request); err != nil {
			panic(err)
		}
		answers := []Answer{}
		if request.Stream {
			answers = readStream([]byte(request.Text))
		} else {
			answers = append(answers, read([]byte(request.Text)))
		}
		if err := encoder.Encode(answers); err != nil {
			panic(err)
		}
	}
}

// readStream takes a stream apart as kubectl does.
func readStream(text []byte) []Answer {
	answers := []Answer{}
	reader := stream.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := reader.Read()
		if err == io.EOF {
			return answers
		}
		if err != nil {
			return append(answers, Answer{Error: err.Error()})
		}
		answers = append(answers, read(document))
	}
}

func read(text []byte) (answer Answer) {
	defer func() { // the library's own faults
		if fault := recover(); fault != nil {
			answer = Answer{Error: fmt.Sprint(fault)}
		}
	}()
	found, err := yaml.YAMLToJSON(text)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	_, strict := yaml.YAMLToJSONStrict(text)
	var before, after, rest any
	decoder := goyaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&before); err != nil && err != io.EOF {
		panic(err)
	}
	if err := json.Unmarshal(found, &after); err != nil {
		panic(err)
	}
	return Answer{
		JSON:     found,
		Twice:    strict != nil && strings.Contains(strict.Error(), "already set in map"),
		Collides: keys(before) != keys(after),
		Rest:     decoder.Decode(&rest) != io.EOF,
	}
}

// keys counts the keys of all maps: two that become the same text are one in JSON.
func keys(value any) int {
	count := 0
	switch value := value.(type) {
	case map[any]any:
		for _, inner := range value {
			count += 1 + keys(inner)
		}
	case map[string]any:
		for _, inner := range value {
			count += 1 + keys(inner)
		}
	case []any:
		for _, inner := range value {
			count += keys(inner)
		}
	}
	return count
}
