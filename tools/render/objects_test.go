package main

import (
	"slices"
	"strings"
	"testing"
)

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: town}\n"

func TestParseDocuments(t *testing.T) {
	cases := []struct {
		lesson, stream string
		names          string
	}{
		{"nothing", "", ""},
		{"comments alone", "# a\n---\n# b\n---\n", ""},
		{"several, with empty ones between", "---\n---\n" + configMap + "---\n---\n---\n" + configMap, "c c"},
		{"a comment behind the separator", configMap + "--- # Source: x\n" + configMap, "c c"},
		{"an object on the separator's line", configMap + "--- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n", "c p"},
		{"Windows", strings.ReplaceAll("---\n"+configMap+"---\n"+configMap, "\n", "\r\n"), "c c"},
		{"a separator in a text", configMap + "data:\n  a: |\n    x\n    ---\n    y\n", "c"},
		{"a List is taken apart", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- {apiVersion: v1, kind: Pod, metadata: {name: b}}\n", "a b"},
		{"a hook that is a test besides is no mere test", "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {helm.sh/hook: 'pre-install,test'}}\n", "p"},
		{"the end of a document", configMap + "...\n---\n" + configMap + "...\n# the end\n", "c c"},
		{"a separator glued to a key", "---apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n---" + configMap, "p c"},
		{"a typed List fills its items", "apiVersion: v1\nkind: ConfigMapList\nitems:\n- {metadata: {name: a}}\n- {apiVersion: v1, kind: Pod, metadata: {name: b}}\n- {kind: ConfigMap, metadata: {name: c}}\n- {apiVersion: v1, metadata: {name: d}}\n", "a b c d"},
		{"a List within a List", "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: PodList, items: [{metadata: {name: a}}]}]\n", "a"},
		{"a List of nothing", "apiVersion: v1\nkind: List\nitems: null\n---\napiVersion: v1\nkind: PodList\nitems: []\n", ""},
		{"a kind that is no list", "apiVersion: x.org/v1\nkind: AllowList\nmetadata: {name: l}\n", "l"},
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			objects, err := parseDocuments(test.stream, "f.yaml")
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, object := range objects {
				names = append(names, object.Name)
			}
			if got := strings.Join(names, " "); got != test.names {
				t.Errorf("got %q, want %q", got, test.names)
			}
		})
	}
}

func TestParseDocumentsRefuses(t *testing.T) {
	cases := []struct{ lesson, stream, want string }{
		{
			"a kind that nobody could tell",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {penstock/defines: Widget}}\n",
			"f.yaml: ConfigMap c: the annotation penstock/defines has `Widget`, and wants `group/Kind Namespaced` or `group/Kind Cluster`",
		},
		{"no YAML", "a: [\n", "f.yaml: what it renders is not YAML: line 1"},
		{"infinity", configMap + "data: {a: -.inf}\n", "f.yaml: Kubernetes has no number for infinity, or for what is no number (-.inf): "},
		{"no number", configMap + "data: {a: .NaN}\n", "f.yaml: Kubernetes has no number for infinity, or for what is no number (.nan): "},
		{"two objects in a document", configMap + "kind: Pod\n", "f.yaml: several objects in one document, of which only the last would be left (ConfigMap c, Pod): put `---` between them"},
		{"a second document unread", configMap + "...\n" + configMap, "f.yaml: `apiVersion: v1` follows the end of a document (...): put `---` between them"},
		{"a directive", "%YAML 1.1\n---\n" + configMap, "f.yaml: what it renders is not YAML: line 1"},
		{"an anchor of another document", "a: &a 1\napiVersion: v1\nkind: X\nmetadata: {name: x}\n---\nb: *a\n", "f.yaml: what it renders is not YAML: unknown anchor 'a' referenced"},
		{"a List that is none", "apiVersion: v1\nkind: List\nitems: {a: b}\n", "f.yaml: the items of a List are no list"},
		{"a List without a kind for its items", "apiVersion: v1\nkind: List\nitems: [{metadata: {name: a}}]\n", "f.yaml: item 1 of the List lacks apiVersion or kind: {"},
		{"an item without apiVersion", "apiVersion: v1\nkind: List\nmetadata: {name: l}\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: a}}, {kind: Pod, metadata: {name: b}}]\n", `f.yaml: item 2 of the List l lacks apiVersion or kind: {"kind":"Pod","metadata":{"name":"b"}}`},
		{"an item of another kind without apiVersion", "apiVersion: v1\nkind: PodList\nitems: [{kind: Job}]\n", `f.yaml: item 1 of the PodList lacks apiVersion or kind: {"kind":"Job"}`},
		{"an item that is null", "apiVersion: v1\nkind: List\nitems: [null]\n", "f.yaml: item 1 of the List is no object: null"},
		{"no object", "[1]\n", "f.yaml: not an object: [1]"},
		{
			"a name that YAML reads as a boolean", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: off}\n",
			"f.yaml: ConfigMap has metadata.name: false, which has to be text: put it in quotes",
		},
		{
			"a namespace that is a list", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: [a]}\n",
			"f.yaml: ConfigMap has a metadata.namespace that is no text",
		},
		{"no name", "apiVersion: v1\nkind: Pod\n", "f.yaml: an object without metadata.name: v1 Pod"},
		{
			"a name that the API server makes up", "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: m-}\n",
			"f.yaml: Job has metadata.generateName `m-` and no metadata.name: Flux applies an object by its name, so give it one",
		},
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			if _, err := parseDocuments(test.stream, "f.yaml"); err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

// What is there once an object is: a definition among the manifests, or one that the object brings along.
func TestDefinedKinds(t *testing.T) {
	objects, err := parseDocuments(`apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: widgets
  annotations:
    penstock/defines: |
      example.org/Widget Namespaced
      example.org/Shop Cluster
`, "f.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []Defined{{Group: "example.org", Kind: "Widget", Namespaced: true}, {Group: "example.org", Kind: "Shop"}}
	if !slices.Equal(objects[0].Defines, want) {
		t.Errorf("got %v, want %v", objects[0].Defines, want)
	}
}

// The text of an object is what Git keeps: nothing may be lost, folded, or mean something else in YAML 1.1.
func TestCanonicalText(t *testing.T) {
	long := strings.Repeat("word ", 60) + "end"
	cases := []struct{ lesson, value, want string }{
		{"a long line", `"` + long + `"`, long},
		{"lines", `"a\nb\n"`, "|\n    a\n    b"},
		{"spaces at an end", `"a  \nb\n"`, "\"a  \\n\\\n    b\\n\""},
		{"a word that is a boolean elsewhere", `"yes"`, `"yes"`},
		{"the letter y", `"y"`, `"y"`},
		{"a number as text", `"0123"`, `"0123"`},
		{"a time", `"12:30"`, `"12:30"`},
		{"a great number", `9007199254740993`, `9007199254740993`},
		{"a fraction", `0.1`, `0.1`},
		{"nothing", `null`, `null`},
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			objects, err := parseDocuments(configMap+"data: {a: "+test.value+"}\n", "f.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if want := "data:\n  a: " + test.want + "\nkind:"; !strings.Contains(objects[0].Text, want) {
				t.Errorf("got\n%swant\n%s", objects[0].Text, want)
			}
			again, err := parseDocuments(objects[0].Text, "f.yaml")
			if err != nil || again[0].Text != objects[0].Text {
				t.Errorf("it doesn't come out the same again: %v", err)
			}
		})
	}
}
