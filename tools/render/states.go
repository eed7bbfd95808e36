package main

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"

	goyaml "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// Release is a helmfile release with its final values.
type Release struct {
	Name        string
	Namespace   string
	Chart       string // as helmfile has it; for an upstream chart where it is from, as oci://example.org/charts/echo@1.2.3
	Archive     string `json:"-"` // the path of that chart, which has no say in what it renders
	Version     string
	Values      []map[string]any
	KubeVersion string
	APIVersions []string
	Needs       []string
	DependsOn   []string // from the label dependsOn: components, separated by commas
	SkipSchema  bool
	Fallback    string // why only helmfile itself can render it, or empty
	Refused     string // why it is not rendered at all, or empty
}

// upstreamChart matches what helmfile doesn't take for a folder but fetches.
var upstreamChart = regexp.MustCompile(`^[^./][^/]*/`)

// nameArchives gives the upstream charts, which helmfile knows as paths in somebody's cache, their names back.
func nameArchives(releases []Release, archives map[string]string) {
	for index := range releases {
		release := &releases[index]
		if name, ok := archives[release.Chart]; ok {
			release.Archive, release.Chart = release.Chart, name
		}
	}
}

// These keys of a release have no say in what is rendered, or are read below. Any other one is left to helmfile,
// so a key that we have never heard of is rendered right, only slower.
var plainKeys = map[string]bool{
	"name": true, "namespace": true, "chart": true, "version": true, "values": true, "needs": true,
	"kubeVersion": true, "apiVersions": true, "labels": true, "installed": true, "condition": true, "description": true,
	"createNamespace": true, "wait": true, "waitForJobs": true, "timeout": true, "atomic": true, "cleanupOnFail": true,
	"historyMax": true, "force": true, "recreatePods": true, "skipDeps": true, "missingFileHandler": true,
	"skipSchemaValidation": true, "disableValidation": true, "disableOpenAPIValidation": true, "unitTests": true,
	"suppressDiff": true, "verify": true, "devel": true, "waitRetries": true, "rollbackOnFailure": true,
}

var source = regexp.MustCompile(`(?m)^---\n#  Source: (.*)\n`)

// parseStates reads what `helmfile build` printed: a YAML document for each helmfile, under a comment with its path.
func parseStates(text string) (map[string][]Release, error) {
	marks := source.FindAllStringSubmatchIndex(text, -1)
	found := make([][]Release, len(marks))
	failures := make([]error, len(marks))
	names := make([]string, len(marks))
	var wait sync.WaitGroup
	for index, mark := range marks {
		end := len(text)
		if index+1 < len(marks) {
			end = marks[index+1][0]
		}
		file, body := text[mark[2]:mark[3]], text[mark[1]:end]
		names[index] = path.Base(path.Dir(file))
		wait.Add(1)
		go func() {
			defer wait.Done()
			found[index], failures[index] = parseState(body)
		}()
	}
	wait.Wait()
	releases := map[string][]Release{}
	for index, name := range names {
		if failures[index] != nil && unsupported.MatchString(failures[index].Error()) {
			found[index] = []Release{{Refused: infinite(text[marks[index][1]:]) + ": " + yamlFault(failures[index])}}
		} else if failures[index] != nil {
			return nil, fmt.Errorf("%s: helmfile build: %w", name, failures[index])
		}
		releases[name] = append(releases[name], found[index]...)
	}
	return releases, nil
}

// infinite gives the place of the first value in a document that is infinite or no number.
func infinite(document string) string {
	var root goyaml.Node
	if goyaml.NewDecoder(strings.NewReader(document)).Decode(&root) != nil {
		return "a value"
	}
	return strings.TrimPrefix(infiniteBelow(&root, ""), ".")
}

func infiniteBelow(node *goyaml.Node, place string) string {
	if node.Tag == "!!float" && strings.ContainsAny(node.Value, "fFaA") { // .inf or .nan
		return place
	}
	for index, child := range node.Content {
		below := place
		switch node.Kind {
		case goyaml.SequenceNode:
			below += fmt.Sprintf("[%d]", index)
		case goyaml.MappingNode:
			below += "." + node.Content[index&^1].Value
		}
		if found := infiniteBelow(child, below); found != "" {
			return found
		}
	}
	return ""
}

// State is what counts of one helmfile.
type State struct {
	KubeVersion string           `json:"kubeVersion"`
	APIVersions []string         `json:"apiVersions"`
	Hooks       []any            `json:"hooks"`
	Defaults    map[string]any   `json:"helmDefaults"`
	Values      map[string]any   `json:"renderedvalues"` // the environment's, which a condition looks at
	Releases    []map[string]any `json:"releases"`
}

// These helmDefaults change what is rendered.
var decisiveDefaults = []string{"args", "templateArgs", "postRenderer", "suppressOutputLineRegex", "skipCRDs", "skipSchemaValidation", "enableDNS"}

func parseState(body string) ([]Release, error) {
	var state State
	if err := yaml.Unmarshal([]byte(body), &state); err != nil {
		return nil, err
	}
	var releases []Release
	for _, raw := range state.Releases {
		release := parseRelease(raw)
		enabled, known := isEnabled(raw, state.Values)
		if !enabled && known {
			continue
		}
		if !known {
			release.Fallback = "condition" // helmfile says what is wrong with it
		}
		state.complete(&release)
		releases = append(releases, release)
	}
	sort.SliceStable(releases, func(i, j int) bool { return releases[i].id() < releases[j].id() })
	return releases, nil
}

// complete gives a release what it takes from its helmfile.
func (state *State) complete(release *Release) {
	if release.KubeVersion == "" {
		release.KubeVersion = state.KubeVersion
	}
	if len(release.APIVersions) == 0 {
		release.APIVersions = state.APIVersions
	}
	if len(state.Hooks) > 0 {
		release.Fallback = "hooks"
	}
	for _, key := range decisiveDefaults {
		if value := state.Defaults[key]; value != nil && value != false {
			release.Fallback = "helmDefaults." + key
		}
	}
}

// isEnabled evaluates `installed:` and `condition:` as helmfile does (its ConditionEnabled); known is false where that
// gives an error.
func isEnabled(raw, values map[string]any) (enabled, known bool) {
	if installed, ok := raw["installed"].(bool); ok && !installed {
		return false, true
	}
	condition := text(raw["condition"])
	switch strings.ToLower(condition) {
	case "", "true":
		return true, true
	case "false":
		return false, true
	}
	keys := strings.Split(condition, ".")
	enabled, known = at(values, keys...).(bool)
	return enabled, known && keys[len(keys)-1] == "enabled"
}

// id tells the releases of a component apart.
func (release Release) id() string {
	return release.Namespace + "/" + release.Name
}

// needsForeign gives the first of a release's needs that isn't among these releases, or nothing.
func (release Release) needsForeign(own []Release) string {
	for _, need := range release.Needs {
		known := slices.ContainsFunc(own, func(other Release) bool {
			return other.id() == need || other.Name == need || strings.HasSuffix(need, "/"+other.id())
		})
		if !known {
			return need
		}
	}
	return ""
}

func parseRelease(raw map[string]any) Release {
	release := Release{
		Name: text(raw["name"]), Namespace: text(raw["namespace"]), Chart: text(raw["chart"]), Version: text(raw["version"]),
		KubeVersion: text(raw["kubeVersion"]), APIVersions: texts(raw["apiVersions"]), Needs: texts(raw["needs"]),
		DependsOn: listed(text(at(raw["labels"], "dependsOn"))),
	}
	release.SkipSchema, _ = raw["skipSchemaValidation"].(bool)
	if secrets, _ := raw["secrets"].([]any); len(secrets) > 0 {
		release.Refused = "helmfile's `secrets:` would land in Git in clear; declare them in the component's secrets.yaml"
	}
	if dependencies, _ := raw["dependencies"].([]any); len(dependencies) > 0 {
		release.Refused = "helmfile's `dependencies:` would be fetched unseen; put it with its chart into charts/"
	}
	var strange []string
	for key := range raw {
		if !plainKeys[key] && key != "secrets" {
			strange = append(strange, key)
		}
	}
	values, _ := raw["values"].([]any)
	for _, value := range values {
		if layer, ok := value.(map[string]any); ok {
			release.Values = append(release.Values, layer)
		} else {
			strange = append(strange, "values")
		}
	}
	sort.Strings(strange)
	release.Fallback = strings.Join(strange, ", ")
	return release
}

// listed splits a label that holds a list: labels are plain text.
func listed(label string) []string {
	if label == "" {
		return nil
	}
	return strings.FieldsFunc(label, func(char rune) bool { return char == ',' || char == ' ' })
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

func texts(value any) []string {
	list, _ := value.([]any)
	var result []string
	for _, item := range list {
		result = append(result, fmt.Sprint(item))
	}
	return result
}
