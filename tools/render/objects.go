package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
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
	Hook       string    `json:"hook,omitempty"`       // when Helm would apply it, were it Helm that did
	SecretKeys []string  `json:"secretKeys,omitempty"` // for a Secret: the keys that hold data
}

// Defined is a kind beyond Kubernetes' own that is there once the object is.
type Defined struct {
	Group      string `json:"group"`
	Kind       string `json:"kind"`
	Namespaced bool   `json:"namespaced"`
}

// Rule is one rule of an admission registration: which resources of which groups it sees.
type Rule struct {
	Groups    []string `json:"groups"`
	Resources []string `json:"resources"`
}

// yamlFault is what a YAML error says, without the library's own name for itself.
func yamlFault(err error) string {
	return strings.TrimPrefix(strings.ReplaceAll(err.Error(), "yaml: ", ""), "error converting YAML to JSON: ")
}

func parseObject(raw []byte, from string) ([]Object, error) {
	fields, err := fieldsOfJSON(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: not an object: %.60s", from, raw)
	}
	if items, listed := fields["items"]; listed && strings.HasSuffix(text(fields["kind"]), "List") {
		return parseItems(fields, items, from)
	}
	object := Object{
		APIVersion: text(fields["apiVersion"]), ObjectKind: text(fields["kind"]), Source: from,
		Namespace: text(at(fields, "metadata", "namespace")), Name: text(at(fields, "metadata", "name")),
		Hook: hook(fields),
	}
	if object.APIVersion == "" || object.ObjectKind == "" || object.Name == "" {
		return nil, fmt.Errorf("%s: an object without apiVersion, kind or metadata.name: %.60s", from, raw)
	}
	if object.Text, err = canonical(fields); err != nil {
		return nil, err
	}
	return []Object{object}, object.learn(fields)
}

func fieldsOfJSON(raw []byte) (fields map[string]any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // integers stay the integers that they were
	return fields, decoder.Decode(&fields)
}

// parseItems takes a List apart, as kubectl and kustomize do. The items of a typed one may leave its kind out.
func parseItems(list map[string]any, items any, from string) ([]Object, error) {
	kind := text(list["kind"])
	entries, ok := items.([]any)
	if !ok && items != nil {
		return nil, fmt.Errorf("%s: the items of a %s are no list", from, kind)
	}
	var objects []Object
	for _, item := range entries {
		fields, ok := item.(map[string]any)
		if itemKind := strings.TrimSuffix(kind, "List"); ok && itemKind != "" && fields["kind"] == nil && fields["apiVersion"] == nil {
			fields["kind"], fields["apiVersion"] = itemKind, list["apiVersion"]
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

// hook is what an object's annotation says of when Helm applies it; one that says nothing makes Helm leave it out.
func hook(fields map[string]any) string {
	annotations, _ := at(fields, "metadata", "annotations").(map[string]any)
	events, ok := annotations["helm.sh/hook"]
	if !ok {
		return ""
	}
	return cmp.Or(strings.TrimSpace(text(events)), "none")
}

// isTest tells whether Helm applies an object for `helm test` alone.
func isTest(hook string) bool {
	for event := range strings.SplitSeq(strings.ToLower(hook), ",") {
		if event = strings.TrimSpace(event); event != "test" && event != "test-success" && event != "test-failure" {
			return false
		}
	}
	return true
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
	switch object.ObjectKind {
	case "CustomResourceDefinition":
		object.Defines = append(object.Defines, Defined{
			Group: text(at(fields, "spec", "group")), Kind: text(at(fields, "spec", "names", "kind")),
			Namespaced: text(at(fields, "spec", "scope")) != "Cluster",
		})
	case "Secret":
		for _, field := range []string{"data", "stringData"} {
			values, _ := fields[field].(map[string]any)
			for key, value := range values {
				if text(value) != "" {
					object.SecretKeys = append(object.SecretKeys, key)
				}
			}
		}
		sort.Strings(object.SecretKeys)
	case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
		hooks, _ := fields["webhooks"].([]any)
		for _, hook := range hooks {
			if hook, ok := hook.(map[string]any); ok && text(hook["failurePolicy"]) != "Ignore" {
				object.Admits = append(object.Admits, rules(hook["rules"])...)
			}
		}
	case "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy":
		object.Admits = rules(at(fields, "spec", "matchConstraints", "resourceRules"))
	}
	return nil
}

func rules(value any) []Rule {
	list, _ := value.([]any)
	var found []Rule
	for _, item := range list {
		if item, ok := item.(map[string]any); ok {
			found = append(found, Rule{Groups: texts(item["apiGroups"]), Resources: texts(item["resources"])})
		}
	}
	return found
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
