package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
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

// A kustomization that only takes the chart's objects gives them back as they are, to the last newline.
func TestKustomizeKeepsTexts(t *testing.T) {
	root := t.TempDir()
	folder := filepath.Join("components", "x", "kustomize", "overlays", "k3d")
	writeFile(t, filepath.Join(root, folder, "kustomization.yaml"), "resources: [chart.yaml]\n")
	var chart []Object
	for _, text := range []string{"a\n\n\n", "a \r\nb\n", "\U0001F525\n x\n", "a\u2028b\n", "\ufeffa\n\n", " a\n  b\n\n"} {
		raw, err := json.Marshal(map[string]any{"apiVersion": "x.org/v1", "kind": "X", "metadata": map[string]any{"name": "x" + strconv.Itoa(len(chart))}, "spec": map[string]any{"text": text}})
		if err != nil {
			t.Fatal(err)
		}
		objects, err := parseObject(raw, "chart")
		if err != nil {
			t.Fatal(err)
		}
		chart = append(chart, objects...)
	}
	built, taken, err := kustomize(root, folder, chart)
	if err != nil || !taken || len(built) != len(chart) {
		t.Fatalf("got %d objects, taken %v, %v", len(built), taken, err)
	}
	for index, object := range built {
		if object.Text != chart[index].Text {
			t.Errorf("got\n%swant\n%s", object.Text, chart[index].Text)
		}
	}
}
