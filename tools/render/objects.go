package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Object is one Kubernetes object in canonical YAML (keys sorted), and what ordering and checks need to know of it.
type Object struct {
	APIVersion string    `json:"apiVersion"`
	ObjectKind string    `json:"objectKind"`
	Namespace  string    `json:"namespace"`
	Name       string    `json:"name"`
	Text       string    `json:"text"`
	Source     string    `json:"source"`               // the template or kustomization that it comes from
	Defines    []Defined `json:"defines,omitempty"`    // for a CustomResourceDefinition, or as an annotation says
	Admits     []Rule    `json:"admits,omitempty"`     // for webhook configurations and admission policies
	Hooks      []string  `json:"hooks,omitempty"`      // the events at which Helm would apply it
	HookWeight int       `json:"hookWeight,omitempty"` // what Helm sorts the hooks of an event by
	SecretKeys []string  `json:"secretKeys,omitempty"` // where it, or a Secret inside it, holds data
	Dropped    string    `json:"dropped,omitempty"`    // the annotation for which Flux's kustomize leaves it out

	applied string // the text without what only Helm and kustomize read, where it has any of that
}

// Defined is a kind beyond Kubernetes' own that is there once the object is.
type Defined struct {
	Group      string `json:"group"`
	Kind       string `json:"kind"`
	Namespaced bool   `json:"namespaced"`
}

// unsupported matches what JSON's library says of a number that it can't write.
var unsupported = regexp.MustCompile(`json: unsupported value: ([+-]?)(Inf|NaN)`)

// yamlFault is what a YAML error says, without the libraries' own names for themselves.
func yamlFault(err error) string {
	message := strings.TrimPrefix(strings.ReplaceAll(err.Error(), "yaml: ", ""), "error converting YAML to JSON: ")
	if found := unsupported.FindStringSubmatch(message); found != nil {
		number := strings.ToLower(strings.TrimPrefix(found[1], "+") + "." + found[2])
		return fmt.Sprintf("Kubernetes has no number for infinity, or for what is no number (%s): write another one, or put it in quotes", number)
	}
	return message
}

func parseObject(raw []byte, from string) ([]Object, error) {
	fields, err := fieldsOfJSON(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: not an object: %.60s", from, raw)
	}
	if items, listed := fields["items"]; listed && strings.HasSuffix(text(fields["kind"]), "List") {
		return parseItems(fields, items, from)
	}
	if err := refuseMistyped(fields, from); err != nil {
		return nil, err
	}
	object := Object{
		APIVersion: text(fields["apiVersion"]), ObjectKind: text(fields["kind"]), Source: from,
		Namespace: text(at(fields, "metadata", "namespace")), Name: text(at(fields, "metadata", "name")),
		Hooks: hooks(fields),
	}
	if err := object.refuseUnnamed(fields); err != nil {
		return nil, err
	}
	if object.Text, err = canonical(fields); err != nil {
		return nil, err
	}
	if err := object.learn(fields); err != nil {
		return nil, err
	}
	return []Object{object}, object.asApplied(fields)
}

// refuseMistyped names what an object is known by that isn't text, such as `name: on`. All other fields are for kubeconform.
func refuseMistyped(fields map[string]any, from string) error {
	about, _ := fields["metadata"].(map[string]any)
	values := map[string]any{
		"apiVersion": fields["apiVersion"], "kind": fields["kind"],
		"metadata.name": about["name"], "metadata.namespace": about["namespace"],
	}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		switch value := values[path].(type) {
		case nil, string:
		case bool, json.Number:
			return fmt.Errorf("%s: %s has %s: %v, which has to be text: put it in quotes", from, text(fields["kind"]), path, value)
		default:
			return fmt.Errorf("%s: %s has a %s that is no text", from, text(fields["kind"]), path)
		}
	}
	return nil
}

// refuseUnnamed names what an object lacks that Flux, and Git, would know it by.
func (object *Object) refuseUnnamed(fields map[string]any) error {
	if prefix := text(at(fields, "metadata", "generateName")); object.Name == "" && prefix != "" {
		return fmt.Errorf("%s: %s has metadata.generateName `%s` and no metadata.name: Flux applies an object by its name, so give it one",
			object.Source, object.ObjectKind, prefix)
	}
	for _, field := range []struct{ path, value string }{
		{"apiVersion", object.APIVersion}, {"kind", object.ObjectKind}, {"metadata.name", object.Name},
	} {
		if field.value == "" {
			return fmt.Errorf("%s: an object without %s: %s", object.Source, field.path,
				strings.Join(strings.Fields(object.APIVersion+" "+object.ObjectKind+" "+object.Name), " "))
		}
	}
	return nil
}

func fieldsOfJSON(raw []byte) (fields map[string]any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // integers stay the integers that they were
	return fields, decoder.Decode(&fields)
}

// parseItems takes a List apart, as kubectl and kustomize do.
func parseItems(list map[string]any, items any, from string) ([]Object, error) {
	kind := text(list["kind"])
	entries, ok := items.([]any)
	if !ok && items != nil {
		return nil, fmt.Errorf("%s: the items of a %s are no list", from, kind)
	}
	var objects []Object
	for index, item := range entries {
		place := fmt.Sprintf("%s: item %d of the %s", from, index+1, kind)
		if name := text(at(list, "metadata", "name")); name != "" {
			place += " " + name
		}
		fields, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s is no object: %.60s", place, shownItem(item))
		}
		complete(fields, list)
		if text(fields["apiVersion"]) == "" || text(fields["kind"]) == "" {
			return nil, fmt.Errorf("%s lacks apiVersion or kind: %s", place, shownItem(item))
		}
		inner, err := json.Marshal(item)
		if err != nil {
			return nil, err
		}
		found, err := parseObject(inner, from)
		if err != nil {
			return nil, err
		}
		objects = append(objects, found...)
	}
	return objects, nil
}

// complete gives an item what it takes from its List: a typed one's kind and apiVersion, where it leaves them out, and the
// hook, which Helm reads from the List alone.
func complete(item, list map[string]any) {
	kind := strings.TrimSuffix(text(list["kind"]), "List")
	version := item["apiVersion"]
	if kind != "" && (item["kind"] == nil || item["kind"] == kind) && (version == nil || version == list["apiVersion"]) {
		item["kind"], item["apiVersion"] = kind, list["apiVersion"]
	}
	own, _ := at(item, "metadata", "annotations").(map[string]any)
	maps.DeleteFunc(own, func(key string, _ any) bool { return isOfHook(key) })
	if hooks(list) == nil {
		return
	}
	about, ok := item["metadata"].(map[string]any)
	if !ok {
		return // it has no name either
	}
	if own == nil {
		own = map[string]any{}
		about["annotations"] = own
	}
	for key, value := range at(list, "metadata", "annotations").(map[string]any) {
		if isOfHook(key) {
			own[key] = value
		}
	}
}

func shownItem(item any) string {
	raw, _ := json.Marshal(item) // it was read from JSON
	return string(raw)
}

// definesAnnotation says which kinds an object brings that are not among the manifests: a Kustomization that applies
// definitions from a source of its own, an operator that makes them. One `group/Kind Namespaced` or `group/Kind Cluster`
// a line.
const definesAnnotation = "penstock/defines"

var definedLine = regexp.MustCompile(`^([a-z0-9.-]+)/([A-Za-z0-9]+) (Namespaced|Cluster)$`)

func (object *Object) learn(fields map[string]any) error {
	for _, line := range strings.Split(strings.TrimSpace(text(at(fields, "metadata", "annotations", definesAnnotation))), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		found := definedLine.FindStringSubmatch(line)
		if found == nil {
			return fmt.Errorf("%s: %s %s: the annotation %s has `%s`, and wants `group/Kind Namespaced` or `group/Kind Cluster`",
				object.Source, object.ObjectKind, object.Name, definesAnnotation, line)
		}
		object.Defines = append(object.Defines, Defined{Group: found[1], Kind: found[2], Namespaced: found[3] == "Namespaced"})
	}
	object.SecretKeys = secretKeys(fields)
	object.Admits = admits(object.ObjectKind, fields)
	if object.ObjectKind == "CustomResourceDefinition" {
		object.Defines = append(object.Defines, Defined{
			Group: text(at(fields, "spec", "group")), Kind: text(at(fields, "spec", "names", "kind")),
			Namespaced: text(at(fields, "spec", "scope")) != "Cluster",
		})
	}
	return nil
}

func at(value any, keys ...string) any {
	for _, key := range keys {
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = fields[key]
	}
	return value
}
