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

func TestCheckKustomization(t *testing.T) {
	const elsewhere = "which is not in this repository: copy what it holds into this folder"
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "github.com:a"), "a file\n")
	writeFile(t, filepath.Join(root, "example.com", "repo.git", "a.yaml"), "a file\n")
	writeFile(t, filepath.Join(root, "github.com", "a", "b", "a.yaml"), "a folder for which kustomize fetches\n")
	path := filepath.Join(root, "kustomization.yaml")
	cases := []struct{ text, want string }{
		{"resources: [https://example.org/a.yaml]", ": resources names https://example.org/a.yaml, " + elsewhere},
		{"Resources: [HTTPS://example.org/a.yaml]", ": resources names HTTPS://example.org/a.yaml, " + elsewhere},
		{"resources: ['github.com/a/b']", ": resources names github.com/a/b, " + elsewhere},
		{"resources: ['user@host.xz:org/repo']", ": resources names user@host.xz:org/repo, " + elsewhere},
		{"resources: [gitlab.com/org/repo.git//path]", ": resources names gitlab.com/org/repo.git//path, " + elsewhere},
		{"resources: ['example.com/org/repo//path?version=1']", ": resources names example.com/org/repo//path?version=1, " + elsewhere},
		{"resources: ['example.org/org/repo']", ": resources names example.org/org/repo, " + elsewhere},
		{"resources: ['git::https://example.org/a/b']", ": resources names git::https://example.org/a/b, " + elsewhere},
		{"components: ['git@example.org:a/b']", ": components names git@example.org:a/b, " + elsewhere},
		{"bases: ['../x?ref=main']", ": bases names ../x?ref=main, " + elsewhere},
		{"crds: [http://example.org/a]", ": crds names http://example.org/a, " + elsewhere},
		{"configurations: [http://example.org/a]", ": configurations names http://example.org/a, " + elsewhere},
		{"transformers: [http://example.org/a]", ": transformers names http://example.org/a, " + elsewhere},
		{"patches: [{path: https://example.org/p.yaml}]", ": patches names https://example.org/p.yaml, " + elsewhere},
		{"patchesJson6902: [{path: https://example.org/p.yaml}]", ": patchesJson6902 names https://example.org/p.yaml, " + elsewhere},
		{"patchesStrategicMerge: [https://example.org/p.yaml]", ": patchesStrategicMerge names https://example.org/p.yaml, " + elsewhere},
		{"replacements: [{path: https://example.org/p.yaml}]", ": replacements names https://example.org/p.yaml, " + elsewhere},
		{"openapi: {path: https://example.org/p.json}", ": openapi names https://example.org/p.json, " + elsewhere},
		{"configMapGenerator: [{files: ['a=https://example.org/a']}]", ": configMapGenerator names https://example.org/a, " + elsewhere},
		{"configMapGenerator: [{envs: ['https://example.org/a']}]", ": configMapGenerator names https://example.org/a, " + elsewhere},
		{"secretGenerator: [{env: 'https://example.org/a'}]", ": secretGenerator names https://example.org/a, " + elsewhere},
		{"helmCharts: [{name: x}]", ": helmCharts would be inflated outside of helmfile"},
		{"buildMetadata: [managedByLabel]", ": buildMetadata: managedByLabel writes kustomize's version on each object"},
		{"resources: [\n", ": not YAML: line 1"},
		{"resources: [a.yaml]\nnamespace: b\nresources: [b.yaml]\n", ":3: `resources` is set twice"},
		{"images:\n- name: a\n  name: b\n", ":3: `name` is set twice"},
		{"resources: [a.yaml]\n---\nresources: [b.yaml]\n", ":3: kustomize reads only the first document"},
		{"---\n---\n# none\n---\nresources: [b.yaml]\n", ":5: kustomize reads only the first document"},
		{"resources: [a.yaml]\n---\nb: [\n", ": not YAML: line "},
		{"commonLabels: {a: b,\n  on: 'yes', n: '010'}\n", ":2: the key `on` is read as true: put it in quotes"},
		{"labels: [{pairs: {010: a}}]\n", ":1: the key `010` is read as 8: put it in quotes"},
		{"commonLabels: {a: b, c: yes}\n", ": commonLabels.c is true, and has to be text: put it in quotes"},
		{"labels: [{pairs: {a: b}}, {pairs: {c: 1.5}}]\n", ": labels.pairs.c is 1.5, and has to be text: put it in quotes"},
		{"namePrefix: 1\n", ": namePrefix is 1, and has to be text: put it in quotes"},
		{"resources: a.yaml\n", ": resources is of the type string, which kustomize doesn't take there"},
		{"", ""},
		{"---\nresources: [../../base, a.yaml, './x.d/y', 'v1.2/a.yaml']\n---\n# the end\n", ""},
		{"resources: [example.com/repo.git/a.yaml, 'github.com:a']", ""},
		{"commonAnnotations: {docs: https://example.org, github.com/a: 'git@a:b'}", ""},
		{"labels: [{pairs: {A: x, a: z, 'on': 'yes'}}]", ""},
		{"patches: [{patch: \"a: 1\\nb: https://example.org\\n\"}]", ""},
		{"transformers: [\"a: 1\\nb: https://example.org/?ref=a\\n\"]", ""},
		{"images: [{name: x, newName: example.org/x}]", ""},
		{"configMapGenerator: [{literals: ['url=https://example.org'], options: {annotations: {a: https://example.org}, labels: {b: 'x?ref=y'}}}]", ""},
		{"generatorOptions: {annotations: {a: https://example.org}}", ""},
		{"replacements: [{sourceValue: https://example.org, targets: [{select: {kind: X}, fieldPaths: [a]}]}]", ""},
		{"metadata: {annotations: {a: https://example.org}}\nvars: []\nbuildMetadata: [originAnnotations]", ""},
	}
	for _, test := range cases {
		want := test.want
		if want != "" {
			want = path + want
		}
		err := checkKustomization(filesys.MakeFsOnDisk(), path, []byte(test.text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s\ngot  %v\nwant %s", test.text, err, want)
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
