package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
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
		if err := checkKustomization(fs.FileSystem, path, data); err != nil {
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
