package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func TestOverlayFS(t *testing.T) {
	root := t.TempDir()
	folder := filepath.Join(root, "components", "x", "kustomize")
	writeFile(t, filepath.Join(folder, "base", "kustomization.yaml"), "resources: []\n")
	writeFile(t, filepath.Join(folder, "own", "chart.yaml"), "mine\n")
	writeFile(t, filepath.Join(root, "elsewhere", "kustomization.yaml"), "resources: []\n")
	writeFile(t, folder+"-not/file.yaml", "near, but not inside\n")
	fs := &overlayFS{FileSystem: filesys.MakeFsOnDisk(), folder: folder, chart: "rendered\n"}

	if data, err := fs.ReadFile(filepath.Join(folder, "own", "chart.yaml")); err != nil || string(data) != "mine\n" || fs.taken {
		t.Errorf("a chart.yaml on disk wins: got %q, %v, taken %v", data, err, fs.taken)
	}
	chart := filepath.Join(folder, "base", "chart.yaml")
	if data, err := fs.ReadFile(chart); err != nil || string(data) != "rendered\n" || !fs.taken || !fs.Exists(chart) {
		t.Errorf("chart.yaml: got %q, %v, taken %v", data, err, fs.taken)
	}
	if place, name, err := fs.CleanedAbs(chart); err != nil || name != "chart.yaml" || !strings.HasSuffix(place.String(), "base") {
		t.Errorf("CleanedAbs: got %s, %s, %v", place, name, err)
	}
	for _, path := range []string{filepath.Join(root, "elsewhere", "kustomization.yaml"), folder + "-not/file.yaml", "/etc/hostname"} {
		fs.refused = nil
		if _, err := fs.ReadFile(path); err == nil || fs.refused == nil {
			t.Errorf("%s was read", path)
		}
	}
	if fs.Exists(filepath.Join(root, "elsewhere", "chart.yaml")) {
		t.Error("chart.yaml is there outside of the component")
	}
	if fs := (&overlayFS{FileSystem: filesys.MakeFsOnDisk(), folder: folder}); fs.Exists(chart) {
		t.Error("chart.yaml is there without a chart")
	}
}

func TestRefuseRemote(t *testing.T) {
	refused := []string{
		"resources: [https://example.org/a.yaml]", "resources: ['github.com/a/b']", "components: ['git@example.org:a/b']",
		"bases: ['../x?ref=main']", "crds: [http://example.org/a]", "patches: [{path: https://example.org/p.yaml}]",
		"configMapGenerator: [{files: ['a=https://example.org/a']}, {envs: [https://example.org/e]}]",
		"helmCharts: [{name: x}]", "resources: [\n",
	}
	for _, text := range refused {
		if err := refuseRemote("k.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "k.yaml: ") {
			t.Errorf("%s: got %v", text, err)
		}
	}
	fine := []string{
		"", "resources: [../../base, a.yaml]", "commonAnnotations: {docs: https://example.org}",
		"patches: [{patch: \"a: 1\\nb: https://example.org\\n\"}]", "images: [{name: x, newName: example.org/x}]",
		"configMapGenerator: [{literals: ['url=https://example.org']}]",
	}
	for _, text := range fine {
		if err := refuseRemote("k.yaml", []byte(text)); err != nil {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
