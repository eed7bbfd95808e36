package main

import (
	"fmt"
	"sort"

	"sigs.k8s.io/yaml"
)

// compare refuses a render that comes out differently the second time, and names the first field that differs.
func compare(first, second []Object) error {
	if len(first) != len(second) {
		return fmt.Errorf("renders %d objects, and %d the second time", len(first), len(second))
	}
	for index := range first {
		one, other := first[index], second[index]
		if one.Text == other.Text {
			continue
		}
		var left, right any
		if err := yaml.Unmarshal([]byte(one.Text), &left); err != nil {
			return err
		}
		if err := yaml.Unmarshal([]byte(other.Text), &right); err != nil {
			return err
		}
		return fmt.Errorf("%s: %s/%s differs between two renders at %s (a random value, or the time?)",
			one.Source, one.ObjectKind, one.Name, difference(left, right, ""))
	}
	return nil
}

// difference is the path of the first field in which two values differ.
func difference(left, right any, path string) string {
	switch left := left.(type) {
	case map[string]any:
		right, ok := right.(map[string]any)
		if !ok || len(left) != len(right) {
			return path
		}
		keys := make([]string, 0, len(left))
		for key := range left {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		for _, key := range keys {
			if found := difference(left[key], right[key], path+"."+key); found != "" {
				return found
			}
		}
		return ""
	case []any:
		right, ok := right.([]any)
		if !ok || len(left) != len(right) {
			return path
		}
		for index := range left {
			if found := difference(left[index], right[index], fmt.Sprintf("%s[%d]", path, index)); found != "" {
				return found
			}
		}
		return ""
	}
	if left != right {
		return path
	}
	return ""
}
