// as_go answers how Kubernetes' YAML library reads a text: a JSON string a line in, an answer a line out.
// It is built in tools/render, so at the versions that go.mod pins there.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	goyaml "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

// Answer is what the library makes of one document.
type Answer struct {
	JSON      json.RawMessage `json:"json,omitempty"`
	Error     string          `json:"error,omitempty"`
	Duplicate bool            `json:"duplicate"` // a key twice, or two keys that become one
	Rest      bool            `json:"rest"`      // what follows the document, which is dropped
}

// What the batch renderer splits a stream at.
var separator = regexp.MustCompile(`(?m)^---(?:[ \t\r]|$)`)

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
		texts := []string{request.Text}
		if request.Stream {
			texts = separator.Split(request.Text, -1)
		}
		answers := []Answer{}
		for _, text := range texts {
			answers = append(answers, read([]byte(text)))
		}
		if err := encoder.Encode(answers); err != nil {
			panic(err)
		}
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
	twice := strict != nil && strings.Contains(strict.Error(), "already set in map")
	return Answer{JSON: found, Rest: decoder.Decode(&rest) != io.EOF, Duplicate: twice || keys(before) != keys(after)}
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
