package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	goyaml "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// checkKustomization refuses a kustomization of which kustomize reads only a part, and one that would take what is not in
// this repository.
func checkKustomization(disk filesys.FileSystem, path string, data []byte) error {
	if err := checkKeys(path, data); err != nil {
		return err
	}
	found, err := readKustomization(path, data)
	if err != nil {
		return err
	}
	if len(found.HelmCharts) > 0 || len(found.HelmChartInflationGenerator) > 0 {
		return fmt.Errorf("%s: helmCharts would be inflated outside of helmfile: make the chart a release of the component's "+
			"helmfile.yaml.gotmpl, and list chart.yaml under resources", path)
	}
	if slices.Contains(found.BuildMetadata, types.ManagedByLabelOption) {
		return fmt.Errorf("%s: buildMetadata: %s writes kustomize's version on each object: add app.kubernetes.io/managed-by under labels",
			path, types.ManagedByLabelOption)
	}
	taken := takenBy(found)
	for _, key := range slices.Sorted(maps.Keys(taken)) {
		for _, entry := range taken[key] {
			if isRemote(disk, filepath.Dir(path), entry) {
				return fmt.Errorf("%s: %s names %s, which is not in this repository: copy what it holds into this folder", path, key, entry)
			}
		}
	}
	return nil
}

// checkKeys refuses what kustomize passes over in silence: keys that are set twice, and what follows the first document.
// It also refuses keys that YAML doesn't read as text, such as `on`.
func checkKeys(path string, data []byte) error {
	reader := goyaml.NewDecoder(bytes.NewReader(data))
	var first, second goyaml.Node
	if err := reader.Decode(&first); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return fmt.Errorf("%s: not YAML: %s", path, yamlFault(err))
	}
	if err := checkNode(path, &first); err != nil {
		return err
	}
	for {
		second = goyaml.Node{}
		if err := reader.Decode(&second); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: not YAML: %s", path, yamlFault(err))
		}
		if content := second.Content[0]; content.Tag != "!!null" {
			return fmt.Errorf("%s:%d: kustomize reads only the first document: put this one into a file of its own", path, content.Line)
		}
	}
}

func checkNode(path string, node *goyaml.Node) error {
	seen := map[string]bool{}
	for index, child := range node.Content {
		if node.Kind == goyaml.MappingNode && index%2 == 0 && child.Kind == goyaml.ScalarNode && child.Tag != "!!merge" {
			if seen[child.Value] {
				return fmt.Errorf("%s:%d: `%s` is set twice", path, child.Line, child.Value)
			}
			seen[child.Value] = true
			var read any
			if child.Style == 0 && yaml.Unmarshal([]byte(child.Value), &read) == nil {
				if _, ok := read.(string); !ok {
					return fmt.Errorf("%s:%d: the key `%s` is read as %v: put it in quotes", path, child.Line, child.Value, read)
				}
			}
		}
		if err := checkNode(path, child); err != nil {
			return err
		}
	}
	return nil
}

// readKustomization reads as kustomize does, for which `Resources` is `resources`. Fields that it doesn't know are for it to
// refuse.
func readKustomization(path string, data []byte) (found types.Kustomization, err error) {
	raw, err := yaml.YAMLToJSON(data)
	if err != nil {
		return found, fmt.Errorf("%s: not YAML: %s", path, yamlFault(err))
	}
	var mistyped *json.UnmarshalTypeError
	if err := json.Unmarshal(raw, &found); !errors.As(err, &mistyped) {
		return found, nil
	}
	var fields any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return found, err
	}
	// Go 1.27 has the index of an item in it, older ones haven't.
	steps := slices.DeleteFunc(strings.Split(mistyped.Field, "."), func(step string) bool {
		_, err := strconv.Atoi(step)
		return err == nil
	})
	field := strings.Join(steps, ".")
	key, value := notText(fields, steps)
	if mistyped.Type.Kind() == reflect.String && (mistyped.Value == "bool" || strings.HasPrefix(mistyped.Value, "number")) {
		if key != "" {
			field, mistyped.Value = key, fmt.Sprint(value)
		}
		return found, fmt.Errorf("%s: %s is %s, and has to be text: put it in quotes", path, field, mistyped.Value)
	}
	return found, fmt.Errorf("%s: %s is of the type %s, which kustomize doesn't take there", path, field, mistyped.Value)
}

// notText finds the first number or boolean at a path, or in the map there.
func notText(value any, path []string) (string, any) {
	switch value := value.(type) {
	case bool, float64:
		return "", value
	case []any:
		for _, item := range value {
			if key, found := notText(item, path); found != nil {
				return key, found
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			rest := path
			if len(path) > 0 {
				if !strings.EqualFold(key, path[0]) {
					continue
				}
				rest = path[1:]
			}
			if below, found := notText(value[key], rest); found != nil {
				return strings.TrimSuffix(key+"."+below, "."), found
			}
		}
	}
	return "", nil
}

// takenBy lists what a kustomization has kustomize read or fetch, by the key that it is under. All else in it is text for
// the objects, where an address is nothing to fetch.
func takenBy(found types.Kustomization) map[string][]string {
	taken := map[string][]string{
		"resources": found.Resources, "components": found.Components, "bases": found.Bases, "crds": found.Crds,
		"configurations": found.Configurations, "generators": found.Generators, "transformers": found.Transformers,
		"validators": found.Validators, "openapi": {found.OpenAPI["path"]},
	}
	for _, patch := range found.PatchesStrategicMerge {
		taken["patchesStrategicMerge"] = append(taken["patchesStrategicMerge"], string(patch))
	}
	for _, patch := range found.Patches {
		taken["patches"] = append(taken["patches"], patch.Path)
	}
	for _, patch := range found.PatchesJson6902 {
		taken["patchesJson6902"] = append(taken["patchesJson6902"], patch.Path)
	}
	for _, replacement := range found.Replacements {
		taken["replacements"] = append(taken["replacements"], replacement.Path)
	}
	for _, generator := range found.ConfigMapGenerator {
		taken["configMapGenerator"] = append(taken["configMapGenerator"], sourcesOf(generator.KvPairSources)...)
	}
	for _, generator := range found.SecretGenerator {
		taken["secretGenerator"] = append(taken["secretGenerator"], sourcesOf(generator.KvPairSources)...)
	}
	return taken
}

// sourcesOf are the files of a generator, of which one may have its key before it.
func sourcesOf(pairs types.KvPairSources) []string {
	found := append(slices.Clone(pairs.EnvSources), pairs.EnvSource)
	for _, file := range pairs.FileSources {
		_, path, _ := strings.Cut(file, "=")
		found = append(found, file, path)
	}
	return found
}

var (
	// fetched matches what kustomize fetches, unless a file has that name.
	fetched = regexp.MustCompile(`(?i)^(?:git::|[a-z][a-z0-9+.-]*://|[a-z][a-z0-9-]*@[^/]+[:/]|github\.com[/:])`)
	// meantRemote matches what somebody may mean as an address, though kustomize takes it for a path.
	meantRemote = regexp.MustCompile(`(?i)^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::[0-9]+)?/.*(?:\.git(?:/|$)|//|\?)|^[a-z0-9.-]+\.(?:com|org|net|io|dev)[/:]|\?(?:ref|version|timeout|submodules)=`)
)

// isRemote tells whether an entry is somewhere else than in the folder of its kustomization.
func isRemote(disk filesys.FileSystem, folder, entry string) bool {
	if strings.Contains(entry, "\n") {
		return false // an object or a patch, written out
	}
	place := filepath.Join(folder, entry)
	if fetched.MatchString(entry) {
		return !disk.Exists(place) || disk.IsDir(place)
	}
	return meantRemote.MatchString(entry) && !disk.Exists(place)
}
