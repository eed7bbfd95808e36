package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// Platform is a run: the request and what its components share.
type Platform struct {
	request Request
	charts  *chartStore
}

// render answers for one component.
func (platform *Platform) render(component Component, releases []Release) []Answer {
	summary := Answer{Kind: "component", Component: component.Name}
	var fallbacks []Answer
	for _, release := range releases {
		if release.Refused != "" {
			return []Answer{failure(component.Name, release.Name, release.Refused)}
		}
		summary.Needs = append(summary.Needs, release.Needs...)
		summary.Releases = append(summary.Releases, release.Namespace+"/"+release.Name)
		if _, rendered := component.Rendered[release.Name]; release.Fallback != "" && !rendered {
			fallbacks = append(fallbacks, Answer{Kind: "fallback", Component: component.Name, Release: release.Name, Message: release.Fallback})
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
	if platform.request.Known[component.Name] == digest {
		summary.Unchanged = true
		return []Answer{summary}
	}
	objects, answer := platform.objects(component, releases)
	if answer != nil {
		return []Answer{*answer}
	}
	answers := make([]Answer, 0, len(objects)+1)
	for index := range objects {
		answers = append(answers, Answer{Kind: "object", Component: component.Name, Object: &objects[index]})
	}
	return append(answers, summary)
}

func failure(component, release, message string) Answer {
	return Answer{Kind: "error", Component: component, Release: release, Message: message}
}

// digest covers all that the component's objects are made of: final values, chart bytes, kustomization files.
func (platform *Platform) digest(component Component, releases []Release) (string, []string, error) {
	sum := sha256.New()
	seen := map[string]bool{}
	for _, release := range releases {
		if rendered, ok := component.Rendered[release.Name]; ok {
			fmt.Fprintf(sum, "rendered %s\x00%s\x00", release.Name, rendered)
			continue
		}
		place, local, err := platform.charts.locate(component.Name, release)
		if err != nil {
			return "", nil, err
		}
		chart := platform.charts.get(place)
		if chart.err != nil {
			return "", nil, chart.err
		}
		if local != "" {
			seen[local] = true
		}
		resolved, err := json.Marshal(release)
		if err != nil {
			return "", nil, err
		}
		fmt.Fprintf(sum, "release %s\x00%s\x00", resolved, chart.digest)
	}
	if component.Kustomization != "" {
		// The base is beside the overlays.
		folder := filepath.Join(platform.request.Root, filepath.Dir(filepath.Dir(component.Kustomization)))
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			fmt.Fprintf(sum, "file %s\x00%d\x00%s", path[len(folder):], len(data), data)
			return err
		})
		if err != nil {
			return "", nil, err
		}
		fmt.Fprintf(sum, "kustomization %s", component.Kustomization)
	}
	charts := make([]string, 0, len(seen))
	for name := range seen {
		charts = append(charts, name)
	}
	sort.Strings(charts)
	return hex.EncodeToString(sum.Sum(nil)), charts, nil
}

// objects renders the releases, then the kustomization over them.
func (platform *Platform) objects(component Component, releases []Release) ([]Object, *Answer) {
	var objects []Object
	for _, release := range releases {
		found, err := platform.release(component, release)
		if err != nil {
			answer := failure(component.Name, release.Name, err.Error())
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
	if rendered, ok := component.Rendered[release.Name]; ok {
		return parseDocuments(rendered, "helmfile template of "+release.Name)
	}
	place, local, err := platform.charts.locate(component.Name, release)
	if err != nil {
		return nil, err
	}
	chart := platform.charts.get(place)
	if local == "" {
		local = release.Chart
	}
	first, err := chart.render(release, local, nil)
	if err != nil || !platform.request.Prove {
		return first, err
	}
	second, err := chart.render(release, local, anotherTime())
	if err != nil {
		return nil, err
	}
	return first, compare(first, second)
}
