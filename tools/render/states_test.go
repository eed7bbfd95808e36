package main

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const head = "---\n#  Source: /p/components/shop/helmfile.yaml.gotmpl\n"

func TestParseStates(t *testing.T) {
	cases := []struct {
		lesson string
		states string
		want   map[string][]Release
	}{
		{"nothing", "", map[string][]Release{}},
		{"no release", head + "releases: []\n", map[string][]Release{"shop": nil}},
		{
			"a plain release takes the state's capabilities",
			head + "kubeVersion: 1.35.5\napiVersions: [a/v1]\nreleases:\n- {name: x, namespace: town, chart: ../c, values: [{a: 1}]}\n",
			map[string][]Release{"shop": {{Name: "x", Namespace: "town", Chart: "../c", KubeVersion: "1.35.5",
				APIVersions: []string{"a/v1"}, Values: []map[string]any{{"a": 1.0}}}}},
		},
		{
			"not installed, and conditions",
			head + "renderedvalues: {up: {enabled: true}, deep: {down: {enabled: false}}}\nreleases:\n" +
				"- {name: a, installed: false}\n- {name: b, condition: up.enabled}\n- {name: c, condition: deep.down.enabled}\n" +
				"- {name: d, condition: 'FALSE'}\n- {name: e, condition: missing.enabled}\n- {name: f, condition: up.off}\n",
			map[string][]Release{"shop": {{Name: "b"}, {Name: "e", Fallback: "condition"}, {Name: "f", Fallback: "condition"}}},
		},
		{
			"what only helmfile renders",
			head + "helmDefaults: {enableDNS: false, postRenderer: x}\nreleases:\n- {name: a}\n",
			map[string][]Release{"shop": {{Name: "a", Fallback: "helmDefaults.postRenderer"}}},
		},
		{
			"keys that nobody knows are left to helmfile",
			head + "releases:\n- {name: a, set: [], brandNew: 1, wait: true}\n- {name: b, values: [file.yaml]}\n",
			map[string][]Release{"shop": {{Name: "a", Fallback: "brandNew, set"}, {Name: "b", Fallback: "values"}}},
		},
		{
			"two files of one component, releases in order",
			head + "releases:\n- {name: b, namespace: town}\n- {name: a, namespace: town}\n" + head + "releases:\n- {name: 1}\n",
			map[string][]Release{"shop": {{Name: "a", Namespace: "town"}, {Name: "b", Namespace: "town"}, {Name: "1"}}},
		},
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			got, err := parseStates(test.states)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestParseStatesRefuses(t *testing.T) {
	for _, key := range []string{"secrets: [s.yaml]", "dependencies: [{chart: up/echo}]"} {
		got, err := parseStates(head + "releases:\n- {name: a, " + key + "}\n")
		if err != nil || got["shop"][0].Refused == "" {
			t.Errorf("%s: got %+v, %v", key, got, err)
		}
	}
	if _, err := parseStates(head + "releases: [\n"); err == nil {
		t.Error("a state that is not YAML was taken")
	}
}

func TestNameArchives(t *testing.T) {
	releases := []Release{{Name: "a", Chart: "/cache/chart.tgz"}, {Name: "b", Chart: "../charts/c"}}
	nameArchives(releases, map[string]string{"/cache/chart.tgz": "oci://example.org/echo@1.2.3"})
	want := []Release{{Name: "a", Chart: "oci://example.org/echo@1.2.3", Archive: "/cache/chart.tgz"}, {Name: "b", Chart: "../charts/c"}}
	if !reflect.DeepEqual(releases, want) {
		t.Errorf("got %+v", releases)
	}
}

func TestUpstreamChart(t *testing.T) {
	for chart, want := range map[string]bool{
		"up/echo": true, "oci://example.org/echo": true, "git::https://example.org/echo": true,
		"echo": false, "./echo/echo": false, "../echo/echo": false, "/echo/echo": false,
	} {
		if got := upstreamChart.MatchString(chart); got != want {
			t.Errorf("%s: %v", chart, got)
		}
	}
}

// One component is at fault, and the others render.
func TestInfinityIsRefused(t *testing.T) {
	text := "---\n#  Source: components/town/helmfile.yaml\nreleases: [{name: a, values: [{a: 1.5, x: {y: .inf}}]}]\n---\n#  Source: components/other/helmfile.yaml\nreleases: [{name: b}]\n"
	releases, err := parseStates(text)
	if err != nil || len(releases["other"]) != 1 || releases["other"][0].Refused != "" {
		t.Fatalf("got %v, %v", releases, err)
	}
	answers := (&Platform{charts: newChartStore("")}).render(Component{Name: "town"}, releases["town"])
	want := "releases[0].values[0].x.y: Kubernetes has no number for infinity, or for what is no number (.inf): write another one, or put it in quotes"
	if len(answers) != 1 || answers[0].Component != "town" || answers[0].Message != want {
		t.Errorf("got %+v", answers)
	}
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "Chart.yaml"), "apiVersion: v2\nname: c\nversion: 1.0.0\n")
	writeFile(t, filepath.Join(folder, "values.yaml"), "x: .inf\n")
	chart := newChartStore(folder).get(folder)
	if chart.err == nil || !strings.HasPrefix(chart.err.Error(), "the chart's values.yaml: Kubernetes has no number") {
		t.Errorf("got %v", chart.err)
	}
}
