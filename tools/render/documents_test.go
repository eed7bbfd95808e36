package main

import (
	"strings"
	"testing"
)

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
		{"a test within a List is none for Helm", "apiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(strings.TrimSpace(hooked("test")), "\n", "\n  ") + "\n- {apiVersion: v1, kind: Pod, metadata: {name: q}}\n", "p:test q:"},
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
