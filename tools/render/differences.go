package main

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// difference is a field in which two renders of an object differ; without a path the object is in one of them alone.
type difference struct {
	object Object
	path   string
	follow bool // it is a checksum of something else, which differs too
}

func (one difference) String() string {
	named := one.object.ObjectKind + "/" + one.object.Name
	if one.path == "" {
		return named
	}
	return named + " at " + one.path
}

// compare gives the fields that differ between two renders: first the Secrets', last the checksums.
func compare(first, second []Object) []difference {
	var found []difference
	for index, one := range first {
		if index >= len(second) || one.APIVersion != second[index].APIVersion || one.ObjectKind != second[index].ObjectKind {
			found = append(found, difference{object: one})
		} else if one.Text != second[index].Text {
			found = append(found, fieldsOf(one, second[index])...)
		}
	}
	for _, other := range second[min(len(first), len(second)):] {
		found = append(found, difference{object: other})
	}
	slices.SortStableFunc(found, func(one, other difference) int { return cmp.Compare(one.rank(), other.rank()) })
	return found
}

func (one difference) rank() int {
	switch {
	case one.follow:
		return 2
	case one.object.ObjectKind == "Secret":
		return 0
	}
	return 1
}

func fieldsOf(one, other Object) []difference {
	var left, right any
	if yaml.Unmarshal([]byte(one.Text), &left) != nil || yaml.Unmarshal([]byte(other.Text), &right) != nil {
		return []difference{{object: one}}
	}
	var found []difference
	walk(left, right, "", func(path string, left, right any) {
		found = append(found, difference{one, path, isChecksum(path, left, right)})
	})
	if len(found) == 0 {
		found = append(found, difference{object: one}) // a null here, nothing there
	}
	return found
}

// digest matches what sha1sum and its longer kin write.
var digest = regexp.MustCompile(`^[0-9a-f]{40,}$`)

// isChecksum tells an annotation that is there to roll the pods when something else changes.
func isChecksum(path string, left, right any) bool {
	_, key, annotation := strings.Cut(path, ".metadata.annotations.")
	return annotation && (strings.Contains(key, "checksum") || digest.MatchString(text(left)) && digest.MatchString(text(right)))
}

// walk calls `each` with the path of every field in which two values differ.
func walk(left, right any, path string, each func(path string, left, right any)) {
	switch one := left.(type) {
	case map[string]any:
		other, ok := right.(map[string]any)
		if !ok {
			break
		}
		both := maps.Clone(one)
		maps.Copy(both, other)
		for _, key := range slices.Sorted(maps.Keys(both)) {
			walk(one[key], other[key], path+"."+key, each)
		}
		return
	case []any:
		other, ok := right.([]any)
		if !ok || len(one) != len(other) {
			break
		}
		for index := range one {
			walk(one[index], other[index], fmt.Sprintf("%s[%d]", path, index), each)
		}
		return
	default:
		if left == right {
			return
		}
	}
	each(path, left, right)
}

// describe is one line on what differs: the first field, why, and what else does.
func describe(differing []difference, why string) string {
	first := differing[0]
	line := fmt.Sprintf("%s: %s/%s differs between two renders", first.object.Source, first.object.ObjectKind, first.object.Name)
	if first.path != "" {
		line += " at " + first.path
	}
	line += " " + why
	var others []string
	for _, one := range differing[1:min(len(differing), 3)] {
		others = append(others, one.String())
	}
	if more := len(differing) - 3; more > 0 {
		others = append(others, fmt.Sprintf("%d more", more))
	}
	if len(others) > 0 {
		line += ", and so do " + strings.Join(others, ", ")
	}
	return line
}

var (
	value          = regexp.MustCompile(`\.Values((?:\.[A-Za-z_]\w*)+)`)
	existingSecret = regexp.MustCompile(`(?i)existing\w*secret|secretname$|secretref$`)
	credential     = regexp.MustCompile(`(?i)(password|passwd|passphrase|token|secret|secretkey|privatekey|cert|certificate|key)$`)
)

// advice is what to do about it; for a random value it names the chart's own values that take its place.
func advice(loaded *chart.Chart, causes []string, differing []difference) string {
	found := classes()
	isOf := func(class []string) bool {
		return slices.ContainsFunc(causes, func(cause string) bool { return slices.Contains(class, cause) })
	}
	switch {
	case isOf(found.Random):
		secrets, credentials := valuesFor(loaded, causes, differing)
		var ways []string
		if len(secrets) > 0 {
			ways = append(ways, "name a Secret of yours in `"+strings.Join(secrets, "` or `")+"`")
		}
		if len(credentials) > 0 {
			ways = append(ways, "set `"+strings.Join(credentials, "`, `")+"`")
		}
		if len(ways) == 0 {
			return "give the chart the value, or the name of a Secret of yours (often `existingSecret`), so that it makes none up"
		}
		return "in the release's values " + strings.Join(ways, ", or ") + ": the chart then makes none up"
	case isOf(found.Clock):
		return "give the chart a fixed date, or turn off what shows it by a value of the chart"
	case isOf(found.Order):
		return "sort what it gives in the template: `keys .Values.x | sortAlpha`"
	}
	return "leave it out of the template"
}

// valuesFor finds the values that a template reads beside its random ones: names of Secrets, and credentials.
func valuesFor(loaded *chart.Chart, causes []string, differing []difference) (secrets, credentials []string) {
	calls := regexp.MustCompile(`\b(` + strings.Join(causes, "|") + `)\b`)
	texts := templates(loaded)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		differs := slices.ContainsFunc(differing, func(one difference) bool { return !one.follow && strings.HasSuffix(one.object.Source, "/"+name) })
		if !differs && !calls.MatchString(texts[name]) {
			continue
		}
		for _, read := range value.FindAllStringSubmatch(texts[name], -1) {
			key := subchart(name) + strings.TrimPrefix(read[1], ".")
			if existingSecret.MatchString(key) && !slices.Contains(secrets, key) {
				secrets = append(secrets, key)
			} else if credential.MatchString(key) && !existingSecret.MatchString(key) && !slices.Contains(credentials, key) {
				credentials = append(credentials, key)
			}
		}
	}
	return secrets[:min(len(secrets), 3)], credentials[:min(len(credentials), 3)]
}

// subchart is where the values of a template's chart are among those of the release: charts/db/templates/x.yaml -> db.
func subchart(template string) string {
	folder, _, _ := strings.Cut(template, "templates/")
	var prefix string
	for _, part := range strings.Split(path.Clean(folder), "/") {
		if part != "charts" && part != "." {
			prefix += part + "."
		}
	}
	return prefix
}
