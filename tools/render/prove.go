package main

import (
	"fmt"
	"maps"
	"sort"
	"time"

	"sigs.k8s.io/yaml"
)

// unstable is the error of a chart that doesn't render the same twice.
type unstable struct{ message string }

func (err unstable) Error() string { return err.message }

// prove renders twice, the second time at another date, and refuses a chart that renders something else then.
func (entry *chartFiles) prove(release Release, prefix string) ([]Object, error) {
	loaded, rendered, err := entry.execute(release, prefix, nil)
	if err != nil {
		return nil, err
	}
	first, err := collect(loaded, rendered, prefix)
	if err != nil {
		return nil, err
	}
	release.SkipSchema = true // the values have just been checked
	loaded, again, err := entry.execute(release, prefix, anotherTime())
	if err != nil {
		return nil, err
	}
	if maps.Equal(rendered, again) {
		return first, nil // the same text is the same objects
	}
	second, err := collect(loaded, again, prefix)
	if err != nil {
		return nil, err
	}
	return first, compare(first, second)
}

// anotherTime stands in for the clock in the second render, so that whatever depends on `now` shows.
func anotherTime() map[string]any {
	return map[string]any{"now": func() time.Time { return time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC) }}
}

// compare refuses a render that comes out differently the second time, and names the first field that differs.
func compare(first, second []Object) error {
	if len(first) != len(second) {
		return unstable{fmt.Sprintf("renders %d objects, and %d the second time (a random value, or the time?)", len(first), len(second))}
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
		return unstable{fmt.Sprintf("%s: %s/%s differs between two renders at %s (a random value, or the time?)",
			one.Source, one.ObjectKind, one.Name, difference(left, right, ""))}
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
