package reads

import (
	"regexp"
	"strings"
)

var (
	// key matches what begins a line of YAML that belongs to nothing above it.
	key = regexp.MustCompile(`(?m)^[^\s#{-][^:\n]*|^\{\{.*`)
	// silent matches an action that writes nothing by itself.
	silent = regexp.MustCompile(`^\{\{-?\s*(/\*|if\b|else\b|end\b|range\b|with\b|\$\w+\s*:?=)`)
)

// IsPlain tells a helmfile, or a part, that leaves the environments' values alone.
func IsPlain(text string) bool {
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

// OnlyHas tells a part whose only key is this one.
func OnlyHas(text, wanted string) bool {
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
