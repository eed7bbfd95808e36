package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// chartFile is the resource by which a kustomization takes what the component's chart renders.
const chartFile = "chart.yaml"

// overlayFS is the disk as far as the component's kustomize folder, and one more file: chart.yaml, in whichever folder
// of the component asks for it. It refuses what is elsewhere, on this machine or another.
type overlayFS struct {
	filesys.FileSystem
	folder  string // the component's kustomize folder
	chart   string // what the chart rendered
	taken   bool   // whether a kustomization read it
	refused error  // the first refusal, since kustomize goes on to say something else
}

func (fs *overlayFS) isChart(path string) bool {
	return fs.chart != "" && filepath.Base(path) == chartFile && fs.holds(path) && !fs.FileSystem.Exists(path)
}

func (fs *overlayFS) holds(path string) bool {
	return path == fs.folder || strings.HasPrefix(path, fs.folder+string(filepath.Separator))
}

// Exists also knows chart.yaml.
func (fs *overlayFS) Exists(path string) bool {
	return fs.isChart(path) || fs.FileSystem.Exists(path)
}

// CleanedAbs also knows chart.yaml.
func (fs *overlayFS) CleanedAbs(path string) (filesys.ConfirmedDir, string, error) {
	if fs.isChart(path) {
		folder, _, err := fs.FileSystem.CleanedAbs(filepath.Dir(path))
		return folder, chartFile, err
	}
	return fs.FileSystem.CleanedAbs(path)
}

// ReadFile also knows chart.yaml.
func (fs *overlayFS) ReadFile(path string) ([]byte, error) {
	if fs.isChart(path) {
		fs.taken = true
		return []byte(fs.chart), nil
	}
	if !fs.holds(path) {
		return nil, fs.refuse(fmt.Errorf("%s is outside of %s", path, fs.folder))
	}
	data, err := fs.FileSystem.ReadFile(path)
	if err == nil && isKustomization(path) {
		if err := refuseRemote(path, data); err != nil {
			return nil, fs.refuse(err)
		}
	}
	return data, err
}

func (fs *overlayFS) refuse(err error) error {
	if fs.refused == nil {
		fs.refused = err
	}
	return err
}

func isKustomization(path string) bool {
	switch filepath.Base(path) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return true
	}
	return false
}

// These keys of a kustomization hold text for the objects, where an address is nothing to fetch.
var textKeys = map[string]bool{
	"commonAnnotations": true, "commonLabels": true, "images": true, "labels": true, "metadata": true, "vars": true,
}

func refuseRemote(path string, data []byte) error {
	var fields map[string]any
	if err := yaml.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("%s: not YAML: %s", path, yamlFault(err))
	}
	for _, key := range []string{"helmCharts", "helmChartInflationGenerator"} {
		if fields[key] != nil {
			return fmt.Errorf("%s: %s would be inflated outside of helmfile: make the chart a release of the component's "+
				"helmfile.yaml.gotmpl, and list chart.yaml under resources", path, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if entry := remote(fields[key]); entry != "" && !textKeys[key] {
			return fmt.Errorf("%s: %s names %s, which is not in this repository: copy what it holds into this folder", path, key, entry)
		}
	}
	return nil
}

// address matches what kustomize takes for a file or a repository on another machine.
var address = regexp.MustCompile(`^(?:[a-z][a-z0-9+]*://|git@|github\.com[/:])|\?ref=`)

// remote finds the first address among the texts below a value.
func remote(value any) string {
	switch value := value.(type) {
	case string:
		if !strings.Contains(value, "\n") && address.MatchString(value) {
			return value
		}
	case []any:
		for _, item := range value {
			if found := remote(item); found != "" {
				return found
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if found := remote(value[key]); found != "" {
				return found
			}
		}
	}
	return ""
}

// kustomizeFolder is the folder that a component's kustomizations share:
// components/x/kustomize/overlays/k3d -> components/x/kustomize.
func kustomizeFolder(kustomization string) string {
	return filepath.Dir(filepath.Dir(kustomization))
}

// kustomize builds a kustomization over what the chart rendered. The second result tells whether it took that.
func kustomize(root, folder string, chart []Object) ([]Object, bool, error) {
	place := filepath.Join(root, folder)
	var stream strings.Builder
	for _, object := range chart {
		stream.WriteString("---\n" + object.Text)
	}
	fs := &overlayFS{FileSystem: filesys.MakeFsOnDisk(), folder: kustomizeFolder(place), chart: stream.String()}
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, place)
	if fs.refused != nil {
		return nil, false, errors.New(strings.ReplaceAll(fs.refused.Error(), root+"/", ""))
	}
	if err != nil {
		return nil, false, fmt.Errorf("%s: %s", folder, strings.ReplaceAll(err.Error(), root+"/", ""))
	}
	text, err := resources.AsYaml()
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", folder, err)
	}
	objects, err := parseDocuments(string(text), folder)
	return objects, fs.taken, err
}
