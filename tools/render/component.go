package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Platform is a run: the request and what its components share.
type Platform struct {
	request Request
	charts  *chartStore
	mutex   sync.Mutex
	made    map[string]string // component and digest -> the environment for which it was rendered
}

// answer resolves and renders one component.
func (platform *Platform) answer(component Component) ([]Answer, error) {
	releases, err := parseStates(component.State)
	if err != nil {
		return nil, err
	}
	own := releases[component.Name]
	nameArchives(own, component.Archives)
	answers := platform.render(component, own)
	for index := range answers {
		answers[index].Environment = component.Environment
	}
	return answers, nil
}

// maker gives the environment for which a component with this digest is rendered: the first one that asks.
func (platform *Platform) maker(component Component, digest string) string {
	platform.mutex.Lock()
	defer platform.mutex.Unlock()
	if platform.made == nil {
		platform.made = map[string]string{}
	}
	key := component.Name + "\x00" + digest
	if _, known := platform.made[key]; !known {
		platform.made[key] = component.Environment
	}
	return platform.made[key]
}

// render answers for one component.
func (platform *Platform) render(component Component, releases []Release) []Answer {
	summary := Answer{Kind: "component", Component: component.Name}
	var fallbacks []Answer
	for _, release := range releases {
		if release.Refused != "" {
			return []Answer{failure(component.Name, release.Name, release.Refused)}
		}
		if foreign := release.needsForeign(releases); foreign != "" {
			return []Answer{failure(component.Name, release.Name, foreignNeed(foreign))}
		}
		if upstreamChart.MatchString(release.Chart) && release.Archive == "" {
			return []Answer{failure(component.Name, release.Name, fmt.Sprintf("write `chart: %s` out: put together by a template, nobody finds it", release.Chart))}
		}
		summary.DependsOn = append(summary.DependsOn, release.DependsOn...)
		if _, rendered := component.Rendered[release.id()]; release.Fallback != "" && !rendered {
			fallbacks = append(fallbacks, Answer{Kind: "fallback", Component: component.Name, Release: release.id(), Message: release.Fallback})
		}
	}
	if len(fallbacks) > 0 {
		return fallbacks
	}
	digest, charts, err := platform.digest(component, releases)
	if err != nil {
		return []Answer{failure(component.Name, "", err.Error())}
	}
	summary.Digest, summary.Charts = digest, charts
	if component.Known == digest {
		summary.Unchanged = true
		return []Answer{summary}
	}
	if maker := platform.maker(component, digest); maker != component.Environment {
		summary.Same = maker
		return []Answer{summary}
	}
	objects, answer := platform.objects(component, releases)
	if answer != nil {
		return []Answer{*answer}
	}
	objects = finished(objects)
	answers := make([]Answer, 0, len(objects)+1)
	for index := range objects {
		answers = append(answers, Answer{Kind: "object", Component: component.Name, Object: &objects[index]})
	}
	return append(answers, summary)
}

// foreignNeed says why a need is refused: helmfile knows only the releases of one file, and would refuse it too.
func foreignNeed(need string) string {
	return fmt.Sprintf("`needs: %s` names no release of this component; depend on another one with `labels: {dependsOn: COMPONENT}`", need)
}

func failure(component, release, message string) Answer {
	return Answer{Kind: "error", Component: component, Release: release, Message: message}
}

// digest covers all that the component's objects are made of: final values, chart bytes, kustomization files. The
// second result has the charts: the paths of the repository's own, and what upstream ones are called.
func (platform *Platform) digest(component Component, releases []Release) (string, []string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "programs %s\x00", platform.request.Programs)
	seen := map[string]bool{}
	for _, release := range releases {
		local, err := platform.digestRelease(sum, component, release)
		if err != nil {
			return "", nil, err
		}
		if local != "" {
			seen[local] = true
		}
	}
	if component.Hooks != "" {
		fmt.Fprintf(sum, "hooks %d\x00%s", len(component.Hooks), component.Hooks)
	}
	if component.Kustomization != "" {
		if err := platform.digestKustomization(sum, component.Kustomization); err != nil {
			return "", nil, err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), slices.Sorted(maps.Keys(seen)), nil
}

func (platform *Platform) digestRelease(sum io.Writer, component Component, release Release) (string, error) {
	place, local, err := platform.charts.locate(component.Name, release)
	if rendered, ok := component.Rendered[release.id()]; ok {
		// Where the chart is was helmfile's business; a change of one of ours must still be noticed.
		fmt.Fprintf(sum, "rendered %s\x00%s\x00", release.id(), rendered)
		return local, nil
	}
	if err != nil {
		return "", err
	}
	chart := platform.charts.get(place)
	if chart.err != nil {
		return "", chart.err
	}
	resolved, err := json.Marshal(release)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(sum, "release %s\x00%s\x00", resolved, chart.digest)
	return local, nil
}

func (platform *Platform) digestKustomization(sum io.Writer, kustomization string) error {
	folder := filepath.Join(platform.request.Root, kustomizeFolder(kustomization))
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(sum, "file %s\x00%d\x00%s", path[len(folder):], len(data), data)
		return err
	})
	fmt.Fprintf(sum, "kustomization %s", kustomization)
	return err
}

// objects renders the releases, then the kustomization over them.
func (platform *Platform) objects(component Component, releases []Release) ([]Object, *Answer) {
	var objects []Object
	for _, release := range releases {
		found, err := platform.release(component, release)
		if err != nil {
			answer := failure(component.Name, release.Name, err.Error())
			answer.Hint, _ = isUnstable(err)
			return nil, &answer
		}
		objects = append(objects, found...)
	}
	if component.Kustomization == "" {
		return objects, nil
	}
	built, taken, err := kustomize(platform.request.Root, component.Kustomization, objects)
	if err != nil {
		answer := failure(component.Name, "", err.Error())
		return nil, &answer
	}
	if taken {
		return built, nil
	}
	return append(objects, built...), nil
}

func (platform *Platform) release(component Component, release Release) ([]Object, error) {
	place, local, err := platform.charts.locate(component.Name, release)
	local = shown(local)
	if rendered, ok := component.Rendered[release.id()]; ok {
		if err == nil && platform.request.Prove {
			// The chart is proven as far as it renders without what only helmfile knows to add.
			_, err := platform.charts.get(place).prove(release, local)
			if _, unstable := isUnstable(err); unstable || errors.Is(err, errOutside) {
				return nil, err
			}
		}
		objects, err := parseDocuments(rendered, "helmfile template of "+release.Name)
		return slices.DeleteFunc(objects, func(object Object) bool { return isTest(object.Hooks) }), err
	}
	if err != nil {
		return nil, err
	}
	chart := platform.charts.get(place)
	if platform.request.Prove {
		return chart.prove(release, local)
	}
	return chart.render(release, local, nil)
}
