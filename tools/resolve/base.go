package main

import (
	"os"
	"regexp"
	"strings"
)

// base is what the helmfiles of components start from.
type base struct {
	reads *reads // of the parts that are more than values of environments
}

var (
	// key matches what begins a line of YAML that belongs to nothing above it.
	key = regexp.MustCompile(`(?m)^[^\s#{-][^:\n]*|^\{\{.*`)
	// silent matches an action that writes nothing by itself.
	silent = regexp.MustCompile(`^\{\{-?\s*(/\*|if\b|else\b|end\b|range\b|with\b|\$\w+\s*:?=)`)
	// wholeFraction matches a fraction that YAML prints like an integer, or a number with an exponent.
	wholeFraction = regexp.MustCompile(`(?m)[\s:\[,-][-+]?([0-9]+\.0*|[0-9.]+[eE][-+]?[0-9]+)\s*($|[,\]}#])`)
)

// base gives what is known of a base: its first parts choose the files of an environment, so that all they do is in the
// values. No part after these may change the values.
func (sharer *sharer) base(place string) *base {
	if known, ok := sharer.bases[place]; ok {
		return known
	}
	found := &base{reads: newReads()}
	sharer.bases[place] = found
	text, err := os.ReadFile(place)
	if err != nil {
		found.reads.all = true
		return found
	}
	more := false
	for part := range strings.SplitSeq(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n---\n") {
		if !more && onlyHas(part, "environments") {
			continue
		}
		more = true
		found.reads.all = found.reads.all || !isPlain(part)
		found.reads.template(part)
	}
	return found
}

// isPlain tells a helmfile, or a part, that leaves the environments' values alone.
func isPlain(text string) bool {
	for _, found := range key.FindAllString(text, -1) {
		switch strings.Trim(strings.TrimSpace(found), `"'`) {
		case "environments", "values", "helmfiles":
			return false
		}
		if strings.HasPrefix(found, "{{") && !silent.MatchString(found) {
			return false
		}
	}
	return true
}

func onlyHas(text, wanted string) bool {
	for _, found := range key.FindAllString(text, -1) {
		if strings.HasPrefix(found, "{{") && silent.MatchString(found) {
			continue
		}
		if strings.TrimSpace(found) != wanted {
			return false
		}
	}
	return true
}
