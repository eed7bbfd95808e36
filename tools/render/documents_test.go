package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listOf is a List with annotations; the first of its two items says that it is a hook.
func listOf(annotations, hook string) string {
	return "apiVersion: v1\nkind: List\nmetadata: {annotations: " + annotations + "}\nitems:\n" +
		"- {apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {helm.sh/hook: '" + hook + "', helm.sh/hook-weight: '2', own: x}}}\n" +
		"- {apiVersion: v1, kind: Pod, metadata: {name: b}}\n"
}

// What a template writes is read as Helm reads it.
func TestParseManifests(t *testing.T) {
	hooked := func(hook string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {helm.sh/hook: '" + hook + "'}}\n"
	}
	cases := []struct{ lesson, stream, want string }{
		{"tests are left out", hooked("test") + "---\n" + hooked(" Test-Success, test") + "---\n" + configMap, "c:"},
		{"a hook that is also a test", hooked("pre-install,test"), "p:pre-install,test"},
		{"a hook that says nothing", hooked(""), "p:"},
		{"a hook that Helm doesn't know", hooked("crd-install"), "p:crd-install"},
		{"a test within a List is none for Helm", listOf("", "test") + "---\n" + listOf("{keep: x}", "pre-install"), "a: b: a: b:"},
		{"a List that is a test", listOf("{helm.sh/hook: test}", "pre-install") + "---\n" + configMap, "c:"},
		{"a List that is a hook", listOf("{helm.sh/hook: 'pre-delete, test'}", "test"), "a:pre-delete,test b:pre-delete,test"},
		{"a List within a List that is a hook", "apiVersion: v1\nkind: List\nmetadata: {annotations: {helm.sh/hook: pre-delete}}\nitems: [{apiVersion: v1, kind: PodList, metadata: {annotations: {helm.sh/hook: test}}, items: [{metadata: {name: a}}]}]\n", "a:pre-delete"},
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			objects, err := parseManifests(test.stream, "f.yaml", "")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, object := range objects {
				got = append(got, object.Name+":"+strings.Join(object.Hooks, ","))
			}
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if _, err := parseManifests("apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {a: [1]}}\n", "f.yaml", ""); err == nil ||
		!strings.HasPrefix(err.Error(), "f.yaml: Helm doesn't take it for a manifest: ") {
		t.Errorf("got %v", err)
	}
}

// The items of a List have its hook and weight, also behind a kustomization, and none of their own.
func TestHookOfAList(t *testing.T) {
	root := t.TempDir()
	folder := filepath.Join("components", "x", "kustomize", "overlays", "k3d")
	writeFile(t, filepath.Join(root, folder, "kustomization.yaml"), "resources: [chart.yaml]\n")
	for annotations, want := range map[string]string{"{helm.sh/hook: pre-delete, helm.sh/hook-weight: '7', other: x}": "pre-delete 7", "{other: x}": " 0"} {
		chart, err := parseManifests(listOf(annotations, "test"), "f.yaml", "")
		if err != nil {
			t.Fatal(err)
		}
		built, _, err := kustomize(root, folder, chart)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range finished(slices.Concat(chart, built)) {
			if got := fmt.Sprintf("%s %d", strings.Join(object.Hooks, ","), object.HookWeight); got != want {
				t.Errorf("%s: %s: got %s, want %s", annotations, object.Name, got, want)
			}
			if strings.Contains(object.Text, "helm.sh") || strings.Contains(object.Text, "other") || strings.Contains(object.Text, "own: x") != (object.Name == "a") {
				t.Errorf("%s: the manifest has\n%s", annotations, object.Text)
			}
		}
	}
}

// What only helmfile renders has no tests either.
func TestHelmfilesTestsAreLeftOut(t *testing.T) {
	platform := &Platform{charts: newChartStore(t.TempDir())}
	rendered := listOf("{helm.sh/hook: test}", "") + "---\n" + configMap
	objects, err := platform.release(Component{Name: "x", Rendered: map[string]string{"/r": rendered}}, Release{Name: "r", Chart: "c"})
	if err != nil || len(objects) != 1 || objects[0].Name != "c" {
		t.Errorf("got %v, %v", objects, err)
	}
}
