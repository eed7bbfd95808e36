package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
)

// What Helm says before it comes to the point; a chart's name follows only where there are several.
var schemaPreface = regexp.MustCompile(`^values don't meet the specifications of the schema\(s\) in the following chart\(s\):\s+\S+:\s+(?:- )?`)

// chartFiles is a chart as it lies on disk, read once; rendering changes a loaded chart, so each render parses again.
type chartFiles struct {
	files  []*archive.BufferedFile
	digest string
	err    error
	once   sync.Once
}

// chartStore holds the charts of a run.
type chartStore struct {
	root   string
	mutex  sync.Mutex
	charts map[string]*chartFiles
}

func newChartStore(root string) *chartStore {
	return &chartStore{root: root, charts: map[string]*chartFiles{}}
}

// locate gives the place of a release's chart, and its path from the root; for an upstream chart what it is called.
func (store *chartStore) locate(component string, release Release) (place, local string, err error) {
	if release.Archive != "" {
		return release.Archive, release.Chart, nil
	}
	place = release.Chart
	if !filepath.IsAbs(place) {
		place = filepath.Join(store.root, "components", component, place)
	}
	if _, err := os.Stat(filepath.Join(place, "Chart.yaml")); err != nil {
		return "", "", fmt.Errorf("chart %s is not there (a chart is a folder of charts/)", release.Chart)
	}
	local, err = filepath.Rel(store.root, place)
	if err != nil || strings.HasPrefix(local, "..") {
		return "", "", fmt.Errorf("chart %s is outside of the repository", release.Chart)
	}
	return place, filepath.ToSlash(local), nil
}

// shown is what the files of a chart are named after in messages: its path, or echo@1.2.3 where it is an upstream one.
func shown(chart string) string {
	if strings.Contains(chart, "://") {
		return path.Base(chart)
	}
	return chart
}

func (store *chartStore) get(place string) *chartFiles {
	store.mutex.Lock()
	entry, ok := store.charts[place]
	if !ok {
		entry = &chartFiles{}
		store.charts[place] = entry
	}
	store.mutex.Unlock()
	entry.once.Do(func() { entry.load(place) })
	return entry
}

func (entry *chartFiles) load(place string) {
	loaded, err := loader.Load(place)
	if err != nil {
		entry.err = err
		if unsupported.MatchString(err.Error()) {
			entry.err = fmt.Errorf("the chart's values.yaml: %s", yamlFault(err))
		}
		return
	}
	if entry.err = refuseIncomplete(loaded); entry.err != nil {
		return
	}
	for _, file := range loaded.Raw {
		entry.files = append(entry.files, &archive.BufferedFile{Name: file.Name, Data: file.Data})
	}
	sort.Slice(entry.files, func(i, j int) bool { return entry.files[i].Name < entry.files[j].Name })
	digest := sha256.New()
	for _, file := range entry.files {
		fmt.Fprintf(digest, "%s\x00%d\x00%s", file.Name, len(file.Data), file.Data)
	}
	entry.digest = hex.EncodeToString(digest.Sum(nil))
}

// refuseIncomplete refuses what `helm template` refuses: a chart that renders nothing by itself, or is not whole.
func refuseIncomplete(loaded *chart.Chart) error {
	if kind := loaded.Metadata.Type; kind != "" && kind != "application" {
		return fmt.Errorf("the chart %s is of the type %s, which renders nothing by itself", loaded.Name(), kind)
	}
	for _, wanted := range loaded.Metadata.Dependencies {
		if !slices.ContainsFunc(loaded.Dependencies(), func(held *chart.Chart) bool { return held.Name() == wanted.Name }) {
			return fmt.Errorf("the chart %s depends on %s, which is not in its charts/ and would have to be fetched", loaded.Name(), wanted.Name)
		}
	}
	return nil
}

// render gives the objects that `helm template --include-crds --skip-tests` would give.
func (entry *chartFiles) render(release Release, prefix string, functions map[string]any) ([]Object, error) {
	loaded, rendered, err := entry.execute(release, prefix, functions)
	if err != nil {
		return nil, err
	}
	return collect(loaded, rendered, prefix)
}

// execute gives the chart as this release's values shape it, and what each of its templates writes.
func (entry *chartFiles) execute(release Release, prefix string, functions map[string]any) (*chart.Chart, map[string]string, error) {
	if err := chartutil.ValidateReleaseName(release.Name); err != nil {
		return nil, nil, fmt.Errorf("release name %q: %w", release.Name, err)
	}
	loaded, err := loader.LoadFiles(entry.files)
	if err != nil {
		return nil, nil, err
	}
	values := map[string]any{}
	for _, layer := range release.Values {
		values = loader.MergeMaps(values, deepCopy(layer))
	}
	if err := chartutil.ProcessDependencies(loaded, values); err != nil {
		return nil, nil, err
	}
	capabilities, err := capabilitiesOf(release)
	if err != nil {
		return nil, nil, err
	}
	if wanted := loaded.Metadata.KubeVersion; wanted != "" && !chartutil.IsCompatibleRange(wanted, capabilities.KubeVersion.String()) {
		return nil, nil, fmt.Errorf("the chart wants Kubernetes %s, this environment has %s", wanted, capabilities.KubeVersion.Version)
	}
	if !release.SkipSchema {
		if err := refuseForeignSchema(loaded, prefix); err != nil {
			return nil, nil, err
		}
	}
	options := common.ReleaseOptions{Name: release.Name, Namespace: cmp.Or(release.Namespace, "default"), Revision: 1, IsInstall: true}
	context, err := util.ToRenderValuesWithSchemaValidation(loaded, values, options, capabilities, release.SkipSchema)
	if err != nil {
		return nil, nil, errors.New(schemaPreface.ReplaceAllString(err.Error(), prefix+"/values.schema.json refuses the values: "))
	}
	rendered, err := engine.Engine{CustomTemplateFuncs: functions}.Render(loaded, context)
	if err != nil {
		return nil, nil, locateError(err, loaded, prefix)
	}
	return loaded, rendered, nil
}

// collect gives the objects of what a chart renders: its definitions as they are, then its templates' manifests.
func collect(loaded *chart.Chart, rendered map[string]string, prefix string) ([]Object, error) {
	var objects []Object
	for _, crd := range loaded.CRDObjects() {
		found, err := parseDocuments(string(crd.File.Data), path.Join(prefix, crd.Name))
		if err != nil {
			return nil, err
		}
		objects = append(objects, found...)
	}
	manifests := maps.Clone(rendered)
	maps.DeleteFunc(manifests, func(name, text string) bool {
		return strings.HasSuffix(name, "NOTES.txt") || strings.TrimSpace(text) == ""
	})
	last, err := lastManifest(manifests)
	if err != nil {
		return nil, locateError(err, loaded, prefix)
	}
	for _, name := range slices.Sorted(maps.Keys(manifests)) {
		found, err := parseManifests(manifests[name], path.Join(prefix, strings.TrimPrefix(name, loaded.Name()+"/")), last)
		if err != nil {
			return nil, err
		}
		objects = append(objects, found...)
	}
	return objects, nil
}

// locateError makes the engine's name of a template (chart/templates/x.yaml) a path that can be opened.
func locateError(err error, loaded *chart.Chart, prefix string) error {
	message := err.Error()
	if prefix != "" {
		message = strings.ReplaceAll(message, loaded.Name()+"/templates/", path.Join(prefix, "templates")+"/")
	}
	return errors.New(message)
}

func deepCopy(value map[string]any) map[string]any {
	return copyValue(value).(map[string]any)
}

func copyValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(value))
		for key, item := range value {
			copied[key] = copyValue(item)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for index, item := range value {
			copied[index] = copyValue(item)
		}
		return copied
	}
	return value
}
