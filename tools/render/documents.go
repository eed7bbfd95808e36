package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	goyaml "go.yaml.in/yaml/v3"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"sigs.k8s.io/yaml"
)

// split gives the documents of a stream as Helm tells them apart, in their order.
func split(stream string) []string {
	found := releaseutil.SplitManifests(stream)
	documents := make([]string, len(found))
	for index := range documents {
		documents[index] = found[fmt.Sprintf("manifest-%d", index)]
	}
	return documents
}

// parseDocuments reads a YAML stream into objects; Lists are taken apart, empty documents dropped.
func parseDocuments(stream, from string) ([]Object, error) {
	var objects []Object
	for _, document := range split(stream) {
		raw, err := parse(document, from)
		if err != nil {
			return nil, err
		}
		if string(raw) == "null" {
			continue
		}
		found, err := parseObject(raw, from)
		if err != nil {
			return nil, err
		}
		objects = append(objects, found...)
	}
	return objects, nil
}

// parseManifests reads what a template writes, as Helm does; `last` is the document that Helm prints last.
func parseManifests(stream, from, last string) ([]Object, error) {
	var objects []Object
	for _, document := range split(stream) {
		raw, err := parse(printed(document, last), from)
		if err != nil {
			return nil, err
		}
		if string(raw) == "null" {
			continue
		}
		if err := checkHead(raw, document, from); err != nil {
			return nil, err
		}
		found, err := parseObject(raw, from)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 && isTest(found[0].Hooks) { // of a List, all items have its hook
			continue // it is there for `helm test`, which Flux doesn't run
		}
		objects = append(objects, found...)
	}
	return objects, nil
}

// checkHead refuses what Helm can't read a kind and annotations from.
func checkHead(raw []byte, document, from string) error {
	if json.Unmarshal(raw, &releaseutil.SimpleHead{}) == nil {
		return nil // the short way: what remains, such as an annotation that is a number, Helm may still take
	}
	if err := yaml.Unmarshal([]byte(document), &releaseutil.SimpleHead{}); err != nil {
		return fmt.Errorf("%s: Helm doesn't take it for a manifest: %s", from, yamlFault(err))
	}
	return nil
}

// keeps matches a block scalar that keeps the empty lines at its end, and blanks at the end of a document, which any block
// scalar keeps.
var keeps = regexp.MustCompile(`[|>][1-9]?\+|[|>]\+[1-9]|\S[^\S\n]+\s*(?:\z|\n---)`)

// printed is a document as Helm prints it: with one more newline, and the last one with no blanks and one newline at its
// end. A block scalar there has them in its value.
func printed(document, last string) string {
	if document == last {
		return strings.TrimRightFunc(document, unicode.IsSpace) + "\n"
	}
	return document + "\n"
}

// lastManifest is the document that Helm prints last, where it matters.
func lastManifest(manifests map[string]string) (string, error) {
	for _, text := range manifests {
		if !keeps.MatchString(text) {
			continue
		}
		_, sorted, err := releaseutil.SortManifests(manifests, nil, releaseutil.InstallOrder)
		if err != nil || len(sorted) == 0 {
			return "", err
		}
		return sorted[len(sorted)-1].Content, nil
	}
	return "", nil
}

// parse reads one document. As for Helm and kubectl, the last of two equal keys wins; but where these are two objects
// without a separator, one would be lost.
func parse(document, from string) ([]byte, error) {
	if err := refuseSecond(document, from); err != nil {
		return nil, err
	}
	raw, err := yaml.YAMLToJSONStrict([]byte(document))
	if err != nil && strings.Contains(err.Error(), "already set in map") {
		if err := refuseGlued(document, from); err != nil {
			return nil, err
		}
		raw, err = yaml.YAMLToJSON([]byte(document))
	}
	if err != nil {
		if unsupported.MatchString(err.Error()) {
			return nil, fmt.Errorf("%s: %s", from, yamlFault(err))
		}
		return nil, fmt.Errorf("%s: what it renders is not YAML: %s", from, yamlFault(err))
	}
	return raw, nil
}

// documentEnd matches the end of a document that isn't the start of another one.
var documentEnd = regexp.MustCompile(`(?m)^\.\.\.(?:[ \t\r]|$)`)

// refuseSecond refuses what follows the end of a document without a separator: Helm and kubectl don't read it.
func refuseSecond(document, from string) error {
	end := documentEnd.FindStringIndex(document)
	if end == nil {
		return nil
	}
	for line := range strings.SplitSeq(document[end[1]:], "\n") {
		if line = strings.TrimSpace(line); line != "" && line != "..." && line[0] != '#' {
			return fmt.Errorf("%s: `%.40s` follows the end of a document (...): put `---` between them", from, line)
		}
	}
	return nil
}

// refuseGlued refuses a document with several objects in it.
func refuseGlued(document, from string) error {
	var root goyaml.Node
	if goyaml.Unmarshal([]byte(document), &root) != nil || len(root.Content) == 0 {
		return nil // what is wrong with it is said elsewhere
	}
	var names []string
	count := map[string]int{}
	fields := root.Content[0].Content
	for index := 0; index+1 < len(fields); index += 2 {
		key, value := fields[index].Value, fields[index+1]
		count[key]++
		if key == "kind" {
			names = append(names, value.Value)
		} else if key == "metadata" && len(names) > 0 {
			names[len(names)-1] += " " + nameOf(value)
		}
	}
	if count["kind"] > 1 || count["apiVersion"] > 1 || count["metadata"] > 1 {
		return fmt.Errorf("%s: several objects in one document, of which only the last would be left (%s): put `---` between them",
			from, strings.Join(names, ", "))
	}
	return nil
}

func nameOf(metadata *goyaml.Node) string {
	for index := 0; index+1 < len(metadata.Content); index += 2 {
		if metadata.Content[index].Value == "name" {
			return metadata.Content[index+1].Value
		}
	}
	return "without a name"
}
