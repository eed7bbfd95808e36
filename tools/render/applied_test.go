package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func annotated(name, value string) string {
	return fmt.Sprintf("apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  annotations:\n    %s: %q\n    keep: x\n  name: c\n  namespace: town\n", name, value)
}

// built is what Flux makes of one manifest.
func built(t *testing.T, text string) string {
	t.Helper()
	disk := filesys.MakeFsInMemory()
	for name, content := range map[string]string{"kustomization.yaml": "resources: [c.yaml]\n", "c.yaml": text} {
		if err := disk.WriteFile(name, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, ".")
	if err != nil {
		t.Fatal(err)
	}
	found, err := resources.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return string(found)
}

// What Flux applies is what the manifest shows, whatever annotation kustomize acts on; or the object is refused.
func TestKustomizeLeavesAManifestAsItIs(t *testing.T) {
	names := []string{
		"config.kubernetes.io/local-config", "config.kubernetes.io/function", "config.kubernetes.io/other",
		"kustomize.config.k8s.io/behavior", "kustomize.config.k8s.io/needs-hash", "internal.config.kubernetes.io/other",
	}
	names = append(names, slices.Sorted(maps.Keys(bookkeeping))...)
	for _, name := range names {
		for _, value := range []string{"true", "false", "enabled", "", "0"} {
			objects, err := parseDocuments(annotated(name, value), "f.yaml")
			if err != nil {
				t.Fatal(err)
			}
			rendered := objects[0].Text
			written := finished(objects)[0]
			applied := built(t, written.Text)
			if dropped := applied == ""; dropped != (written.Dropped != "") {
				t.Errorf("%s: %q: kustomize leaves it out: %t, we say %q", name, value, dropped, written.Dropped)
			}
			if applied != "" && applied != written.Text {
				t.Errorf("%s: %q: kustomize makes\n%sof\n%s", name, value, applied, written.Text)
			}
			if !strings.Contains(written.Text, "keep: x") {
				t.Errorf("%s: another annotation is gone", name)
			}
			if bookkeeping[name] == (built(t, rendered) == rendered) && written.Dropped == "" {
				t.Errorf("%s: %q: kustomize's own books or not? We say %t", name, value, bookkeeping[name])
			}
		}
	}
}

func TestHooks(t *testing.T) {
	cases := []struct {
		annotation string
		hooks      []string
	}{
		{"helm.sh/hook: pre-install", []string{"pre-install"}},
		{"helm.sh/hook: ' Pre-Install , test'", []string{"pre-install", "test"}},
		{"helm.sh/hook: ''", []string{""}},
		{"helm.sh/hook: ", []string{""}},
		{"helm.sh/hook-weight: '5'", nil},
	}
	for _, test := range cases {
		text := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  annotations:\n    " + test.annotation + "\n"
		objects, err := parseDocuments(text, "f.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(objects[0].Hooks, test.hooks) || (objects[0].Hooks == nil) != (test.hooks == nil) {
			t.Errorf("%s: got %q, want %q", test.annotation, objects[0].Hooks, test.hooks)
		}
		if left := strings.Contains(finished(objects)[0].Text, "helm.sh"); left != (test.hooks == nil) {
			t.Errorf("%s: the manifest has\n%s", test.annotation, objects[0].Text)
		}
	}
}
