package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// The renderer against the pinned helm, whose path is in HELM: `helm template` gives the same objects, or refuses too.
// CASES is how many charts are made up, from the seed SEED on.

// What the renderer refuses, and Helm doesn't: it would lose something, or give something else tomorrow.
var stricter = regexp.MustCompile(`several objects in one document|follows the end of a document|without apiVersion, kind or metadata.name|lacks apiVersion or kind|not an object|differs between two renders|the items of a|has to be text|is no text`)

func TestOddCharts(t *testing.T) {
	for lesson, files := range oddCharts() {
		t.Run(lesson, func(t *testing.T) {
			t.Parallel()
			if refused := compareWithHelm(t, files); refused != "" && !strings.Contains(lesson, "refused") {
				t.Error(refused)
			}
		})
	}
}

func TestMadeUpCharts(t *testing.T) {
	count, seed := number("CASES", 24), number("SEED", 1)
	refused := 0
	for index := range count {
		t.Run(strconv.Itoa(seed+index), func(t *testing.T) {
			maker := maker{rand.New(rand.NewPCG(uint64(seed+index), 11))}
			files := map[string]string{"values.yaml": maker.values()}
			for file := range 1 + maker.IntN(3) {
				files[fmt.Sprintf("templates/%d.yaml", file)] = maker.template()
			}
			if compareWithHelm(t, files) != "" {
				refused++
			}
			if t.Failed() {
				t.Logf("%q", files)
			}
		})
	}
	if refused > count*2/3 {
		t.Errorf("%d of %d charts were refused by both: too few are compared", refused, count)
	}
	t.Logf("%d charts, %d refused", count, refused)
}

func number(variable string, otherwise int) int {
	if value, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return value
	}
	return otherwise
}

// compareWithHelm fails the test where the two differ, and gives what both say when they refuse.
func compareWithHelm(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	if files["Chart.yaml"] == "" {
		files["Chart.yaml"] = "apiVersion: v2\nname: odd\nversion: 1.2.3\nappVersion: '4'\n"
	}
	for name, text := range files {
		writeFile(t, filepath.Join(folder, filepath.FromSlash(name)), text)
	}
	values := map[string]any{}
	if err := yaml.Unmarshal([]byte(files["own.yaml"]), &values); err != nil {
		t.Fatal(err)
	}
	chart := &chartFiles{}
	chart.load(folder)
	var ours []Object
	err := chart.err
	if err == nil {
		ours, err = chart.prove(Release{Name: "odd", Namespace: "town", KubeVersion: "1.35.5", APIVersions: []string{"x.org/v1"}, Values: []map[string]any{values}}, "charts/odd")
	}
	helms, failure := helmTemplate(t, folder)
	switch {
	case failure != "" && err != nil:
		return err.Error() + " | " + failure
	case failure != "":
		t.Errorf("helm refuses, the renderer doesn't: %s", failure)
	case err != nil && !stricter.MatchString(err.Error()):
		t.Errorf("the renderer refuses, helm doesn't: %v", err)
	case err != nil:
		return err.Error()
	default:
		if got, want := textsOf(ours), textsOf(helms); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "---\n"), strings.Join(want, "---\n"))
		}
	}
	return ""
}

// textsOf are objects in canonical form, less those that Helm leaves out of its output.
func textsOf(objects []Object) []string {
	known := []string{"pre-install", "post-install", "pre-upgrade", "post-upgrade", "pre-delete", "post-delete", "pre-rollback", "post-rollback"}
	var texts []string
	for _, object := range finished(objects) {
		for _, event := range object.Hooks {
			if !slices.Contains(known, event) {
				object.Text = ""
			}
		}
		if object.Text != "" {
			texts = append(texts, object.Text)
		}
	}
	slices.Sort(texts)
	return texts
}

var sources = regexp.MustCompile(`(?m)^---(?:[ \t\r]|$)`)

func helmTemplate(t *testing.T, folder string) ([]Object, string) {
	t.Helper()
	helm := os.Getenv("HELM")
	if helm == "" {
		t.Fatal("HELM is not set to the pinned helm")
	}
	command := exec.Command(helm, "template", "odd", folder, "--namespace", "town", "--include-crds", "--skip-tests", "--kube-version", "1.35.5", "--api-versions", "x.org/v1")
	if _, err := os.Stat(filepath.Join(folder, "own.yaml")); err == nil {
		command.Args = append(command.Args, "--values", filepath.Join(folder, "own.yaml"))
	}
	command.Env = []string{"HOME=" + t.TempDir(), "TZ=UTC"}
	var output, complaint bytes.Buffer
	command.Stdout, command.Stderr = &output, &complaint
	if command.Run() != nil {
		return nil, complaint.String()
	}
	var objects []Object
	for _, document := range sources.Split(output.String(), -1) {
		raw, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			return nil, err.Error()
		}
		if string(raw) == "null" {
			continue
		}
		found, err := parseObject(raw, "helm")
		if err != nil {
			return nil, err.Error()
		}
		objects = append(objects, found...)
	}
	return objects, ""
}

// named is a ConfigMap with more below it.
func named(name string, more ...string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n" + strings.Join(more, "")
}

func oddCharts() map[string]map[string]string {
	one := func(text string) map[string]string { return map[string]string{"templates/x.yaml": text} }
	charts := map[string]map[string]string{
		"a separator glued by a template":    one("{{- $x := 1 }}\n---\n{{- if $x }}\napiVersion: v1\n{{- end }}\nkind: ConfigMap\nmetadata: {name: a}\n---\n{{- /* comment */ -}}\n" + named("b")),
		"comments and empty documents":       one("# a\n---\n---\n# b\n--- # c\n" + named("a") + "---\n"),
		"separators in texts":                one(named("a", "data:\n  x: |\n    ---\n    a: 1\n    ---\n  y: \"a\\n---\\nb\"\n  z: |-\n    -----BEGIN-----\n")),
		"ends of documents":                  one(named("a") + "...\n---\n" + named("b") + "...\n"),
		"a directive (refused)":              one("%YAML 1.1\n---\n" + named("a")),
		"an anchor elsewhere (refused)":      one("apiVersion: v1\nkind: ConfigMap\nmetadata: &m {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: *m\n"),
		"equal keys":                         one(named("a", "  labels: {app: a, app: b}\ndata: {a: '1'}\ndata: {b: '2'}\n")),
		"merge keys":                         one(named("a", "  annotations: &x {p: '1', q: '2'}\n  labels: {<<: *x, q: '3'}\ndata: {q: '4', <<: *x}\n")),
		"two objects in one (refused)":       one("{{- range list \"a\" \"b\" }}\n" + named("{{ . }}") + "{{- end }}\n"),
		"lists that are null":                one("apiVersion: v1\nkind: List\nitems:\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {volumes: null, containers: [{name: a, env:, args: null}]}}}\n"),
		"typed lists":                        one("apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n"),
		"capabilities":                       one(named("a", "data:\n  helm: {{ .Capabilities.HelmVersion.Version }}\n  kube: {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.Major }} {{ .Capabilities.KubeVersion.Minor }}\n  has: '{{ .Capabilities.APIVersions.Has \"x.org/v1\" }} {{ .Capabilities.APIVersions.Has \"batch/v1\" }} {{ .Capabilities.APIVersions.Has \"batch/v1/Job\" }}'\n  all: {{ .Capabilities.APIVersions | toJson | quote }}\n  commit: '{{ .Capabilities.HelmVersion.GitCommit }}{{ .Capabilities.HelmVersion.GitTreeState }} {{ .Capabilities.HelmVersion.GoVersion }}'\n")),
		"the release and the chart":          one(named("a", "data:\n  release: {{ .Release | toJson | quote }}\n  chart: {{ .Chart | toJson | quote }}\n  type: {{ kindOf .Chart }} {{ kindOf .Values }}\n  template: {{ .Template | toJson | quote }}\n  sub: {{ .Subcharts | toJson | quote }}\n")),
		"no value":                           one(named("a", "data:\n  a: {{ .Values.no }}\n  b: '{{ .Values.global }}'\n")),
		"a failing template (refused)":       one("{{ fail \"no\" }}"),
		"a required value (refused)":         one(named("a", "data: {a: {{ required \"say it\" .Values.no }}}\n")),
		"an unknown function (refused)":      one("{{ env \"HOME\" }}"),
		"endless inclusion (refused)":        one("{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}"),
		"a number as an annotation":          one(named("a", "  annotations: {a: 1}\n")),
		"a list as a document (refused)":     one("- a\n- b\n"),
		"a text as a document (refused)":     one("text\n"),
		"Windows":                            one(strings.ReplaceAll(named("a", "data:\n  x: |\n    a\n    b\n")+"---\n"+named("b"), "\n", "\r\n")),
		"blanks after the last line":         one(named("a", "data:\n  x: >-\n    a\n    b\t \n\n")),
		"an indented document (refused)":     one("  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n"),
		"blanks before the first line":       one("\n\n" + named("a") + "---\n\n\n" + named("b")),
		"bytes that are not UTF-8 (refused)": one(named("a", "data: {a: \"\xe9\"}\n")),
		"numbers":                            one(named("a", "data: {a: 1e3, b: 0x1F, c: 0o17, d: 017, e: 1_000, f: .5, g: 12345678901234567890123, h: 9007199254740993, i: +1, j: -0.0, k: 1.0, l: 22:22, m: 1.5e300}\n")),
		"words":                              one(named("a", "data: {a: yes, b: No, c: ON, d: y, e: n, f: ~, g: Null, h: TRUE, i: '', j: =, k: 2020-01-01, l: 2020-01-01T00:00:00Z}\n")),
		"keys":                               one(named("a", "data: {1: a, true: b, 1.5: d, yes: e, ? f : g, \"h\\n\": i}\n")),
		"hooks": one(strings.Join([]string{
			hookOf("a", "pre-install"), hookOf("b", "test"), hookOf("c", "pre-install,test"), hookOf("d", ""), hookOf("e", "crd-install"),
			hookOf("f", " Post-Install , PRE-UPGRADE"), hookOf("g", "test-success"), hookOf("h", "test-failure"), hookOf("i", "pre-install,nope"), named("j"),
		}, "---\n")),
		"hooks of Lists": one(listOf("{helm.sh/hook: test}", "pre-install") + "---\n" + strings.ReplaceAll(listOf("{helm.sh/hook: pre-delete}", "test"), "name: ", "name: hook-")),
		"files": {
			"templates/x.yaml": named("a", "data:\n{{ (.Files.Glob \"f/*\").AsConfig | indent 2 }}\n  lines: {{ .Files.Lines \"f/crlf\" | toJson | quote }}\n  missing: '{{ .Files.Get \"no\" }}'\n  {{- range $name, $bytes := .Files.Glob \"**/*\" }}\n  {{ base $name }}-2: {{ $.Files.Get $name | toJson }}\n  {{- end }}\nbinaryData:\n{{ (.Files.Glob \"f/*\").AsSecrets | indent 2 }}\n"),
			"f/crlf":           "a\r\nb\r\n", "f/bom": "\ufeffa: 1\n", "f/latin1": "caf\xe9\n", "f/emoji": "a \U0001F525 \nb\n", "g/nel": "a\u0085b\u2028c\n", "f/empty": "\n\n", "f/tab": "a:\t1\n\tb\t\n",
			".helmignore": "f/tab\n",
		},
		"definitions": {
			"crds/a.yaml":      "# {{ no template }}\n" + named("crd-a") + "---\n" + named("crd-b"),
			"crds/sub/b.yml":   named("crd-c", "data: {a: |+\n}\n")[:len(named("crd-c"))],
			"crds/README.md":   "no: [\n",
			"templates/x.yaml": named("a"),
		},
		"every file of templates/": {
			"templates/NOTES.txt": "{{ .Release.Name }}\nno: [\n", "templates/_x.yaml": "no: [\n", "templates/sub/NOTES.txt": "no: [\n",
			"templates/a.txt": named("a"), "templates/sub/b": named("b"), "templates/c.json": `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}`, "templates/tests/d.yaml": named("d"),
		},
		"dependencies": {
			"Chart.yaml":                 "apiVersion: v2\nname: odd\nversion: 1.2.3\ndependencies:\n- {name: db, version: 1.0.0, alias: first, import-values: [{child: out, parent: taken}, exported]}\n- {name: db, version: 1.0.0, alias: second, condition: second.enabled}\n- {name: lib, version: 1.0.0}\n- {name: tagged, version: 1.0.0, tags: [off]}\n",
			"values.yaml":                "first: {size: 2}\nsecond: {enabled: false}\ntags: {off: false}\nglobal: {zone: z}\n",
			"templates/x.yaml":           named("a", "data:\n  all: {{ .Values | toJson | quote }}\n  lib: {{ include \"lib.x\" . | quote }}\n  sub: {{ .Subcharts.first.Values.size }}{{ .Subcharts.first.Chart.Version }}\n"),
			"charts/db/Chart.yaml":       "apiVersion: v2\nname: db\nversion: 1.0.0\n",
			"charts/db/values.yaml":      "size: 1\nout: {a: 1}\nexports: {exported: {e: 1}}\n",
			"charts/db/templates/x.yaml": named("{{ .Chart.Name }}", "data:\n  all: {{ .Values | toJson | quote }}\n"),
			"charts/lib/Chart.yaml":      "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n", "charts/lib/templates/_x.tpl": "{{ define \"lib.x\" }}of {{ .Chart.Name }}{{ end }}", "charts/lib/templates/x.yaml": named("never"),
			"charts/tagged/Chart.yaml": "apiVersion: v2\nname: tagged\nversion: 1.0.0\n", "charts/tagged/templates/x.yaml": named("tagged"),
		},
		"a library (refused)":               {"Chart.yaml": "apiVersion: v2\nname: odd\nversion: 1.2.3\ntype: library\n", "templates/x.yaml": named("a")},
		"a dependency that lacks (refused)": {"Chart.yaml": "apiVersion: v2\nname: odd\nversion: 1.2.3\ndependencies: [{name: db, version: 1.0.0}]\n", "templates/x.yaml": named("a")},
		"another Kubernetes (refused)":      {"Chart.yaml": "apiVersion: v2\nname: odd\nversion: 1.2.3\nkubeVersion: '>=1.99'\n", "templates/x.yaml": named("a")},
		"a schema":                          {"values.schema.json": `{"properties": {"size": {"type": "integer"}}}`, "values.yaml": "size: 1\n", "templates/x.yaml": named("a", "data: {a: '{{ .Values.size }}'}\n")},
		"a schema (refused)":                {"values.schema.json": `{"properties": {"size": {"type": "integer"}}}`, "values.yaml": "size: a\n", "templates/x.yaml": named("a")},
		"nulls in values": {
			"values.yaml": "probe: {httpGet: {path: /}, period: 5}\nselector: {a: '1'}\nwhole: {x: 1}\nlist: [1]\n", "own.yaml": "probe: {httpGet: null, exec: {command: [a]}}\nselector: {component: null}\nwhole: null\nlist: null\nnew: null\n",
			"templates/x.yaml": named("a", "data:\n  all: {{ .Values | toJson | quote }}\n  has: '{{ hasKey .Values \"whole\" }} {{ hasKey .Values \"new\" }} {{ kindOf .Values.list }}'\n"),
		},
		"numbers in values": {
			"values.yaml":      "million: 1000000\nbig: 12345678901234567\nhuge: 123456789012345678901234567890\nfloat: 1.0\nexp: 1e3\nlist: [21600000]\noctal: 0o17\ntime: 22:22\n",
			"templates/x.yaml": named("a", "data:\n  {{- range $k, $v := .Values }}\n  {{ $k }}: {{ $v | quote }} \n  {{ $k }}-kind: {{ kindOf $v }}\n  {{- end }}\n  yaml: |\n    {{- toYaml .Values | nindent 4 }}\n  pretty: |\n    {{- toYamlPretty .Values | nindent 4 }}\n  toml: {{ toToml .Values | quote }}\n  int: {{ int64 .Values.big }} {{ .Values.million }}\nspec: {{ .Values.million }}\n"),
		},
		"functions of Helm's own": one(named("a", "data:\n"+
			"  tpl: {{ tpl \"{{ .Release.Name }}-{{ include \\\"n\\\" . }}\" . }}\n"+
			"  from: {{ (fromYaml \"a: [1, {b: c}]\").a | toJson | quote }}\n  bad: {{ fromYaml \"a: [\" | toJson | quote }}\n  array: {{ fromYamlArray \"[1, 2\" | toJson | quote }}\n  json: {{ fromJson \"{\" | toJson | quote }}\n"+
			"  html: {{ dict \"a\" \"<&>\" | toJson | quote }}\n  raw: {{ dict \"a\" \"<&>\" | toRawJson | quote }}\n  lookup: {{ lookup \"v1\" \"Secret\" \"\" \"\" | toJson | quote }}\n  semver: {{ semverCompare \">=1.30\" .Capabilities.KubeVersion.Version | quote }}\n") + "{{ define \"n\" }}n{{ end }}"),
		"kept newlines": {
			"templates/1.yaml": named("a", "data:\n  keep: |+\n    text\n\n\n") + "---\n" + named("b", "data:\n  clip: |\n    text\n\n\n") + "---\n" + named("c", "data:\n  keep: >+\n    text\n\n\n"),
			"templates/2.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  annotations:\n    a: |2+\n       x\n\n\n", "templates/3.yaml": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: nn\n  annotations:\n    a: |+\n     x\n",
		},
	}
	return charts
}

func hookOf(name, hook string) string {
	return named(name, "  annotations: {helm.sh/hook: '"+hook+"'}\n")
}

// maker makes up charts.
type maker struct{ *rand.Rand }

func (m maker) one(of ...string) string { return of[m.IntN(len(of))] }

func (m maker) some(most int, make func() string) string {
	var text strings.Builder
	for range m.IntN(most + 1) {
		text.WriteString(make())
	}
	return text.String()
}

func (m maker) values() string {
	return "text: " + m.scalar() + "\nmap:\n  a: " + m.scalar() + "\n  b: [" + m.scalar() + ", " + m.scalar() + "]\n" + m.one("", "list: null\n", "on: true\n", "off: false\n")
}

func (m maker) template() string {
	text := m.document()
	text += m.some(3, func() string { return m.separator() + m.document() })
	if m.IntN(8) == 0 {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return m.one("", "", "\n", "# first\n", "---\n", "{{- $x := 1 }}\n") + text + m.one("", "\n\n", "---\n", "...\n", "# last", "{{- /* last */}}")
}

func (m maker) separator() string {
	return m.one("---\n", "---\n", "---\n", "--- \n", "--- # comment\n", "---\t\n", "---\n---\n", "---\n# comment\n---\n", "---\n{{- /* glued */ -}}\n", "...\n---\n", "---\n\n\n", "{{ if .Values.on }}---{{ else }}---{{ end }}\n", "--- # Source: x\n")
}

func (m maker) document() string {
	name := string(rune('a'+m.IntN(26))) + strconv.Itoa(m.IntN(1000))
	kind := m.one("ConfigMap", "ConfigMap", "Secret", "Service", "Namespace", "Widget", "Deployment")
	metadata := "metadata:\n  name: " + name + "\n" + m.some(2, func() string {
		return m.one("  labels: {a: b}\n", "  annotations:\n    x: |+\n      a\n\n", "  annotations: null\n", "  creationTimestamp: null\n", "  labels:\n    {{- toYaml .Values.map | nindent 4 }}\n", "  labels: {<<: {a: b}, a: c}\n")
	})
	body := m.some(3, m.field)
	parts := []string{"apiVersion: v1\n", "kind: " + kind + "\n", metadata, body}
	if m.IntN(3) == 0 {
		m.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	}
	text := strings.Join(parts, "")
	if m.IntN(6) == 0 {
		return "{{- if " + m.one(".Values.on", ".Values.map", "true", "not .Values.off") + " }}\n" + text + "{{- end }}\n"
	}
	return text
}

func (m maker) field() string {
	key := m.one("data", "spec", "status", "x", "'y'", "\"on\"", "1", "data")
	return key + ":" + m.one(" "+m.scalar()+"\n", "\n  a: "+m.scalar()+"\n  b: "+m.scalar()+"\n", "\n- "+m.scalar()+"\n- k: "+m.scalar()+"\n", " {a: "+m.flow()+", b: ["+m.flow()+"]}\n", m.block(), m.block(), "\n", " {{ .Values.text | quote }}\n", " {{ toJson .Values }}\n", "\n  {{- range $k, $v := .Values.map }}\n  {{ $k }}: {{ $v | toJson }}\n  {{- end }}\n", " {{ include \"no\" . }}\n", " &a {p: 1}\nz: *a\n")
}

func (m maker) flow() string {
	return m.one("1", "a", "'it''s'", `"a\tb"`, "null", "~", "yes", "1.50", "0x10", "-1", "[]", "{}", `"\u00e9"`, "é")
}

func (m maker) scalar() string {
	return m.one(m.flow(), m.flow(), `"a\nb\n"`, `"a: b # c"`, `"  x "`, `"\U0001F525\n \n"`, `"a\r\nb"`, "a b c", "1e3", "22:22", "2020-01-01", "12345678901234567890", "!!str 1", `"\x85 \u2028 \ufeff"`, "'---'", "text # comment", `""`)
}

func (m maker) block() string {
	header := m.one("|", ">", "|-", "|+", ">+", ">-", "|2", "|2-", "|+1", "|1+")
	body := m.one("  a\n", "  a\n  b\n", "  a\n\n  b\n", "   a\n  b\n", "  a \n  b\t\n", "  # a\n", "  ---\n  b\n", "  {{ .Release.Name }}\n", "  \U0001F525\n", "  {a: b}\n", "\n  a\n", "  {{- toYaml .Values.map | nindent 2 }}\n")
	return " " + header + "\n" + body + m.one("", "", "\n", "\n\n", "  \n", "\n\n\n")
}

// What the library and our own texts write is read again as the same value, whatever it is.
func TestCanonicalIsRead(t *testing.T) {
	pieces := []string{"a", " ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", "\u0085", "\u2028", "\ufeff", "\U0001F525", "é", "\x01", "\x7f", "\u00a0", "\"", "\\", "'", "#", ": ", "- ", "---", "...", "{", "|", "\uE0F0", "\uE0F10\uE0F1", "\uffff", "0", "~", "%", "&", "*", "\n  x", "x \n", "\\n"}
	maker := maker{rand.New(rand.NewPCG(uint64(number("SEED", 1)), 12))}
	for range number("TEXTS", 3000) {
		text := func() string { return maker.some(1+maker.IntN(7), func() string { return maker.one(pieces...) }) }
		fields := map[string]any{"a": text(), "b": []any{text(), map[string]any{"k": text(), "l": []any{text()}}}, "c": map[string]any{"k" + strings.Repeat("x", 130*maker.IntN(2)): text(), text(): text()}, "z": text()}
		written, err := canonical(fields)
		if err != nil {
			t.Fatal(err)
		}
		var again map[string]any
		if err := yaml.Unmarshal([]byte(written), &again); err != nil || fmt.Sprintf("%q", again) != fmt.Sprintf("%q", fields) {
			t.Fatalf("%q\nis written\n%s\nand read as %q, %v", fields, written, again, err)
		}
	}
}
