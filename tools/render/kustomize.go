package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// chartFile is the resource by which a kustomization takes what the component's chart renders.
const chartFile = "chart.yaml"

// overlayFS is the disk with one more file: chart.yaml, in whichever folder of the component asks for it. It refuses
// kustomizations that name a resource on another machine.
type overlayFS struct {
	filesys.FileSystem
	folder string // the component's kustomize folder
	chart  string // what the chart rendered
	taken  bool   // whether a kustomization read it
}

func (fs *overlayFS) isChart(path string) bool {
	return filepath.Base(path) == chartFile && strings.HasPrefix(path, fs.folder) && !fs.FileSystem.Exists(path)
}

// Exists also knows chart.yaml.
func (fs *overlayFS) Exists(path string) bool {
	return (fs.chart != "" && fs.isChart(path)) || fs.FileSystem.Exists(path)
}

// CleanedAbs also knows chart.yaml.
func (fs *overlayFS) CleanedAbs(path string) (filesys.ConfirmedDir, string, error) {
	if fs.chart != "" && fs.isChart(path) {
		folder, _, err := fs.FileSystem.CleanedAbs(filepath.Dir(path))
		return folder, chartFile, err
	}
	return fs.FileSystem.CleanedAbs(path)
}

// ReadFile also knows chart.yaml.
func (fs *overlayFS) ReadFile(path string) ([]byte, error) {
	if fs.chart != "" && fs.isChart(path) {
		fs.taken = true
		return []byte(fs.chart), nil
	}
	data, err := fs.FileSystem.ReadFile(path)
	if err == nil && isKustomization(path) {
		err = refuseRemote(path, data)
	}
	return data, err
}

func isKustomization(path string) bool {
	switch filepath.Base(path) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return true
	}
	return false
}

func refuseRemote(path string, data []byte) error {
	var fields map[string]any
	if err := yaml.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("%s: not YAML: %w", path, err)
	}
	for _, key := range []string{"resources", "bases", "components", "crds"} {
		for _, entry := range texts(fields[key]) {
			if strings.Contains(entry, "://") || strings.Contains(entry, "?ref=") || strings.HasPrefix(entry, "git@") || strings.HasPrefix(entry, "github.com/") {
				return fmt.Errorf("%s: %s names %s, which is not in this repository", path, key, entry)
			}
		}
	}
	if fields["helmCharts"] != nil || fields["helmChartInflationGenerator"] != nil {
		return fmt.Errorf("%s: helmCharts would be inflated outside of helmfile; make it a release", path)
	}
	return nil
}

// kustomize builds a kustomization over what the chart rendered. The second result tells whether it took that.
func kustomize(root, folder string, chart []Object) ([]Object, bool, error) {
	place := filepath.Join(root, folder)
	var stream strings.Builder
	for _, object := range chart {
		stream.WriteString("---\n" + object.Text)
	}
	// <component>/kustomize/overlays/<environment> -> <component>/kustomize
	fs := &overlayFS{FileSystem: filesys.MakeFsOnDisk(), folder: filepath.Dir(filepath.Dir(place)), chart: stream.String()}
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, place)
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
