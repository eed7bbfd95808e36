package main

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"sigs.k8s.io/yaml"
)

// What a Secret may say in Git: all other fields of it, however they are spelt, can only hold what is secret.
var harmless = map[string]bool{"apiVersion": true, "kind": true, "metadata": true, "type": true, "immutable": true}

// secretKeys lists where an object holds the data of a Secret: its keys where it is one itself, else the paths of Secrets
// inside it, such as in the annotation in which kubectl keeps a copy of the object.
func secretKeys(fields map[string]any) []string {
	found := secretData(fields, "")
	sort.Strings(found)
	return slices.Compact(found)
}

func secretData(value any, path string) []string {
	var found []string
	switch value := value.(type) {
	case []any:
		for index, item := range value {
			found = append(found, secretData(item, fmt.Sprintf("%s[%d]", path, index))...)
		}
	case map[string]any:
		if isSecret(value, path == "") {
			found = append(dataOf(value, path), lastApplied(at(value, "metadata", "annotations"), path)...)
		}
		for key, inner := range value {
			if annotations, ok := inner.(map[string]any); ok && key == "annotations" {
				found = append(found, copies(annotations, join(path, key))...)
			}
			found = append(found, secretData(inner, join(path, key))...)
		}
	}
	return found
}

// isSecret tells a Secret from what only names one, and from a kind of that name in another API group.
func isSecret(fields map[string]any, whole bool) bool {
	_, described := fields["metadata"].(map[string]any)
	version := text(fields["apiVersion"])
	return strings.EqualFold(text(fields["kind"]), "Secret") && !strings.Contains(version, "/") && (whole || described && version != "")
}

func dataOf(secret map[string]any, path string) []string {
	var found []string
	for field, value := range secret {
		if harmless[field] {
			continue
		}
		values, ok := value.(map[string]any)
		if !ok && !blank(value) {
			found = append(found, join(path, field))
		}
		for key, inner := range values {
			if blank(inner) {
				continue
			}
			if path == "" && (field == "data" || field == "stringData") {
				found = append(found, key)
			} else {
				found = append(found, join(path, field)+"."+key)
			}
		}
	}
	return found
}

// rancherCopy is the annotation in which Rancher keeps a compressed copy of an object.
const rancherCopy = "objectset.rio.cattle.io/applied"

// lastApplied lists the annotations in which kubectl, and tools like it, keep a copy of the Secret that they are on.
func lastApplied(annotations any, path string) []string {
	fields, _ := annotations.(map[string]any)
	var found []string
	for key, value := range fields {
		if (strings.HasSuffix(key, "last-applied-configuration") || key == rancherCopy) && !blank(value) {
			found = append(found, join(path, "metadata.annotations")+"["+key+"]")
		}
	}
	return found
}

// copies lists the annotations that hold a Secret with data.
func copies(annotations map[string]any, path string) []string {
	var found []string
	for key, value := range annotations {
		content := text(value)
		if !strings.Contains(content, "Secret") {
			continue
		}
		var copied any
		if yaml.Unmarshal([]byte(content), &copied) == nil && len(secretData(copied, "")) > 0 {
			found = append(found, path+"["+key+"]")
		}
	}
	return found
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// blank tells whether a value holds nothing, however deep.
func blank(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		for _, item := range value {
			if !blank(item) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, item := range value {
			if !blank(item) {
				return false
			}
		}
		return true
	}
	return false
}
