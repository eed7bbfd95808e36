package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"penstock/tools/resolve/reads"
	"sigs.k8s.io/yaml"
)

// wholeFraction matches a fraction that YAML prints like an integer, or a number with an exponent.
var wholeFraction = regexp.MustCompile(`(?m)[\s:\[,-][-+]?([0-9]+\.0*|[0-9.]+[eE][-+]?[0-9]+)\s*($|[,\]}#])`)

// sharer finds environments in which a helmfile has the same state.
//
// helmfile's result is a function of the files that it reads, the environment's name and the environment's values. So
// where all that the templates of a run read is equal in another environment, a run there reads the same files and
// prints the same, but for what only the environment's own files say.
type sharer struct {
	root   string
	bases  map[string]*base
	values map[string]map[string]any // base and environment -> the values that templates see
	runs   map[string][]*run         // helmfile -> its runs so far
}

// run is what is known of a resolved helmfile, and of others that read the same.
type run struct {
	base   string
	reads  *reads.Set
	states map[string]string // digest of what is read -> the environment with that state
}

func newSharer(root string) *sharer {
	return &sharer{root: root, bases: map[string]*base{}, values: map[string]map[string]any{}, runs: map[string][]*run{}}
}

// equal gives an environment in which the helmfile has the same state as in this one, or nothing.
func (sharer *sharer) equal(path, environment string) string {
	for _, run := range sharer.runs[path] {
		values, known := sharer.values[run.base+"\x00"+environment]
		if !known {
			continue
		}
		if same := run.states[run.reads.Digest(values, environment)]; same != "" {
			return same
		}
	}
	return ""
}

// state is what counts of a state here.
type state struct {
	Bases    []string       `json:"bases"`
	Values   map[string]any `json:"renderedvalues"`
	Releases []struct {
		Condition string `json:"condition"`
	} `json:"releases"`
}

// learn adds a run, if another environment's could be known to be the same.
func (sharer *sharer) learn(path, environment, text string, files []string) {
	var found state
	helmfile, err := os.ReadFile(filepath.Join(sharer.root, path))
	if err != nil || yaml.Unmarshal([]byte(text), &found) != nil || len(found.Bases) != 1 {
		return
	}
	place := filepath.Join(sharer.root, filepath.Dir(path), found.Bases[0])
	base := sharer.base(place)
	rest := strings.ReplaceAll(string(helmfile), found.Bases[0], "")
	if base.reads.All || !reads.IsPlain(rest) || strings.Contains(rest, "environments") || !sharer.remember(place, environment, found.Values, files) {
		return
	}
	read := base.reads.Clone()
	for _, release := range found.Releases {
		if release.Condition != "" {
			read.Value(strings.Split(release.Condition, "."))
		}
	}
	read.Template(rest)
	for _, file := range files {
		if isTemplate(file) && filepath.Dir(file) != filepath.Dir(place) && file != filepath.Join(sharer.root, path) {
			data, err := os.ReadFile(file)
			read.All = read.All || err != nil
			read.Template(string(data))
		}
	}
	digest := read.Digest(found.Values, environment)
	if digest == "" {
		return
	}
	for _, known := range sharer.runs[path] {
		if known.base == place && reflect.DeepEqual(known.reads, read) {
			known.states[digest] = environment
			return
		}
	}
	sharer.runs[path] = append(sharer.runs[path], &run{place, read, map[string]string{digest: environment}})
}

// remember keeps the values of an environment. They are those that every other helmfile with this base sees, unless the
// state is of one that adds some of its own, or a number could be written in two ways.
func (sharer *sharer) remember(base, environment string, values map[string]any, files []string) bool {
	for _, file := range files {
		if strings.HasPrefix(file, filepath.Dir(base)+"/") {
			data, err := os.ReadFile(file)
			if err != nil || wholeFraction.Match(data) {
				return false
			}
		}
	}
	key := base + "\x00" + environment
	if known, ok := sharer.values[key]; ok {
		return reflect.DeepEqual(known, values)
	}
	sharer.values[key] = values
	return true
}

func isTemplate(file string) bool {
	return strings.HasSuffix(file, ".gotmpl") || strings.HasSuffix(file, ".tpl")
}
