package main

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"

	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// unstable is the error of a chart that doesn't render the same at every run.
type unstable struct{ message, hint string }

func (err unstable) Error() string { return err.message }

// trial is one release in one world.
type trial struct {
	*world
	loaded   *chart.Chart
	rendered map[string]string
	objects  []Object
}

// try renders in a world; where the text is that of `first`, its objects are too.
func (entry *chartFiles) try(release Release, prefix string, in *world, first *trial) (*trial, error) {
	made := &trial{world: in}
	var err error
	if made.loaded, made.rendered, err = entry.execute(release, prefix, in.functions()); err != nil {
		return made, err
	}
	if first != nil && maps.Equal(first.rendered, made.rendered) {
		made.objects = first.objects
		return made, nil
	}
	made.objects, err = collect(made.loaded, made.rendered, prefix)
	return made, err
}

// prove gives the objects of a release, and refuses a chart that could render others. It renders in a second world
// always, since a template may also print an address of memory, and in as many as there are choices if it calls a function
// that isn't pure.
func (entry *chartFiles) prove(release Release, prefix string) ([]Object, error) {
	first, err := entry.try(release, prefix, newWorld(0, ""), nil)
	if err != nil {
		return nil, err
	}
	release.SkipSchema = true // the values have just been checked
	for number := 1; number < max(2, first.wanted); number++ {
		other, err := entry.try(release, prefix, newWorld(number, ""), first)
		maps.Copy(first.called, other.called)
		first.wanted = max(first.wanted, other.wanted)
		differing := compare(first.objects, other.objects)
		if err != nil || len(differing) > 0 {
			return nil, entry.explain(release, prefix, first, number, differing, err)
		}
	}
	runtime.KeepAlive(first.loaded) // both charts are in memory at once: no address can be the same
	if len(first.called) == 0 {
		return first.objects, nil
	}
	real, err := entry.render(release, prefix, nil)
	if differing := compare(first.objects, real); err != nil || len(differing) > 0 {
		return nil, entry.explain(release, prefix, first, 1, differing, err)
	}
	return real, nil
}

// explain names what differs between the first world and another one, and the functions that it comes from.
func (entry *chartFiles) explain(release Release, prefix string, first *trial, number int, differing []difference, failed error) error {
	causes := entry.causes(release, prefix, first, number)
	reasons := make([]string, 0, len(causes))
	for _, cause := range causes {
		reason := cause
		if place := calledAt(first.loaded, prefix, cause, differing); place != "" {
			reason += " in " + place
		}
		reasons = append(reasons, reason+" "+classes().fault(cause))
	}
	if len(reasons) == 0 {
		reasons = []string{"it prints an address of memory"}
	}
	why := "(" + strings.Join(reasons, "; ") + ")"
	hint := advice(first.loaded, causes, differing)
	if failed != nil {
		return unstable{fmt.Sprintf("renders only sometimes %s: %s", why, failed), hint}
	}
	return unstable{describe(differing, why), hint}
}

// causes are the functions that change what is rendered when they alone are of another world.
func (entry *chartFiles) causes(release Release, prefix string, first *trial, number int) []string {
	called := slices.Sorted(maps.Keys(first.called))
	var found []string
	for _, name := range called {
		other, err := entry.try(release, prefix, newWorld(number, name), first)
		if err != nil || len(compare(first.objects, other.objects)) > 0 {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return called
	}
	return found
}

// calledAt is a place where a chart calls a function: in a template whose objects differ, else in any.
func calledAt(loaded *chart.Chart, prefix, function string, differing []difference) string {
	word := regexp.MustCompile(`\b` + function + `\b`)
	var places []string
	for name, text := range templates(loaded) {
		for number, line := range strings.Split(text, "\n") {
			if word.MatchString(line) {
				places = append(places, fmt.Sprintf("%s:%d", path.Join(prefix, name), number+1))
				break
			}
		}
	}
	slices.Sort(places)
	for _, place := range places {
		if slices.ContainsFunc(differing, func(one difference) bool { return strings.HasPrefix(place, one.object.Source+":") }) {
			return place
		}
	}
	return strings.Join(places[:min(1, len(places))], "")
}

// templates are the texts of a chart's templates and its dependencies', by their paths in the chart.
func templates(loaded *chart.Chart) map[string]string {
	found := map[string]string{}
	for _, file := range loaded.Templates {
		found[file.Name] = string(file.Data)
	}
	for _, dependency := range loaded.Dependencies() {
		for name, text := range templates(dependency) {
			found[path.Join("charts", dependency.Name(), name)] = text
		}
	}
	return found
}

// isUnstable gives the hint of an unstable render, and whether the error is one.
func isUnstable(err error) (string, bool) {
	var found unstable
	ok := errors.As(err, &found)
	return found.hint, ok
}
