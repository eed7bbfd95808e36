package reads

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestReads(t *testing.T) {
	tests := []struct{ template, paths string }{
		{"a: {{ .Values.a.b }}", "a.b"},
		{"{{ if .Values.a }}{{ .StateValues.b }}{{ else }}{{ $.Values.c.d | quote }}{{ end }}", "a b c.d"},
		{"{{ range .Values.a }}{{ .b }}{{ . }}{{ end }}{{ .Release.Name }}", "a"},
		{"{{ with .Values.a }}{{ toYaml . }}{{ else }}{{ .Values.b }}{{ end }}", "a b"},
		{"{{ .Environment.Name }}", "name"},
		{"{{`{{ .Values.a }}-{{ .Release.Name }}`}}", "a"},
		{"{{ $x := .Values.a }}{{ $x.b }}", "a"},
		{"{{ (index .Values.a 0).b }}", "a"},
		{"{{/* .Values.a */}}plain # .Values.b", ""},
	}
	for _, test := range tests {
		found := New()
		found.Template(test.template)
		var paths []string
		for _, key := range slices.Sorted(maps.Keys(found.paths)) {
			paths = append(paths, strings.ReplaceAll(key, "\x00", "."))
		}
		if found.name {
			paths = append(paths, "name")
		}
		if got := strings.Join(paths, " "); got != test.paths || found.All {
			t.Errorf("%s reads %q (all: %v), not %q", test.template, got, found.All, test.paths)
		}
	}
}

func TestReadsAnything(t *testing.T) {
	for _, template := range []string{
		"{{ toYaml .Values }}", `{{ .Values | get "a" }}`, "{{ tpl .Values.a . }}", `{{ include "x" $ }}`,
		"{{ .Environment.Values.a }}", "{{ .Environment }}", `{{ if isFile "x" }}a{{ end }}`, "{{ $all := . }}",
		`{{ "{{" }} .Values.a }}`, `{{ "{" }}{{ "{" }} .Values.a }}`, "{{ .Values.a", `{{ printf "%c%c" 123 123 }}`,
		`{{ define "x" }}{{ .Values.a }}{{ end }}{{ template "x" . }}`, "{{ range . }}{{ end }}", "{{{ .Values.a }}",
	} {
		found := New()
		found.Template(template)
		if !found.All {
			t.Errorf("%s may read anything", template)
		}
	}
}

func TestDigest(t *testing.T) {
	found := New()
	found.Template("{{ .Values.a.b }}{{ .Values.c }}")
	digest := func(values map[string]any) string { return found.Digest(values, "one") }
	first := digest(map[string]any{"a": map[string]any{"b": 1}, "d": 1})
	if first == "" || first != digest(map[string]any{"a": map[string]any{"b": 1, "x": 2}, "d": 2}) {
		t.Error("what isn't read makes no difference")
	}
	for _, other := range []map[string]any{
		{"a": map[string]any{"b": 2}}, {"a": map[string]any{}}, {"a": "missing"}, {"a": nil}, {},
		{"a": map[string]any{"b": 1}, "c": nil}, {"a": map[string]any{"b": "missing"}},
	} {
		if digest(other) == first {
			t.Errorf("%v differs from the first values", other)
		}
	}
	if digest(map[string]any{"c": []any{"{{ .Values.d }}"}}) != "" {
		t.Error("a value that is rendered once more may read anything")
	}
}

func TestParts(t *testing.T) {
	for text, plain := range map[string]bool{
		"bases: [a]\nreleases:\n- name: a\n":            true,
		"{{ if .Values.a }}\nreleases: []\n{{ end }}\n": true,
		"environments:\n  a: {}\n":                      false,
		"\"values\":\n- a\n":                            false,
		"helmfiles: []\n":                               false,
		"{{ toYaml .Values.a }}\n":                      false,
	} {
		if IsPlain(text) != plain {
			t.Errorf("%q is plain: %v", text, !plain)
		}
	}
	if !OnlyHas("# why\nenvironments:\n  {{ .Environment.Name }}:\n    values: []\n", "environments") {
		t.Error("a part with values of environments only")
	}
	if OnlyHas("environments: {}\nkubeVersion: 1\n", "environments") {
		t.Error("a part with more than values of environments")
	}
}
