package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
)

// chartOf is a chart in memory; a file without a folder is a template.
func chartOf(files map[string]string) *chartFiles {
	entry := &chartFiles{files: []*archive.BufferedFile{{Name: "Chart.yaml", Data: []byte("apiVersion: v2\nname: r\nversion: 1.0.0\n")}}}
	for name, text := range files {
		if !strings.Contains(name, "/") && !strings.HasPrefix(name, "values.") {
			name = "templates/" + name
		}
		entry.files = append(entry.files, &archive.BufferedFile{Name: name, Data: []byte(text)})
	}
	return entry
}

// proveExpression proves a chart that writes an expression into a ConfigMap, and gives the values of that.
func proveExpression(expression string) (string, error) {
	release := Release{Name: "r", Namespace: "town", Values: []map[string]any{{"map": map[string]any{"alpha": 1, "beta": 2, "gamma": 3}}}}
	objects, err := chartOf(map[string]string{"cm.yaml": configMap + "data:\n  x: " + expression + "\n"}).prove(release, "charts/r")
	if err != nil {
		return "", err
	}
	_, text, _ := strings.Cut(objects[0].Text, "  x: ")
	text, _, _ = strings.Cut(text, "\n")
	return text, nil
}

// Each function that isn't pure, where its value shows, and where a template makes little of it.
var impure = map[string][]string{
	"randAlphaNum":             {`{{ randAlphaNum 8 | quote }}`, `{{ randAlphaNum 1 | quote }}`, `{{ randAlphaNum 32 | sha256sum | trunc 2 | quote }}`},
	"randAlpha":                {`{{ randAlpha 8 }}`, `{{ randAlpha 8 | trunc 1 }}`, `{{ randAlpha 20 | lower | trunc 1 | quote }}`},
	"randAscii":                {`{{ randAscii 8 | quote }}`, `{{ randAscii 1 | quote }}`},
	"randNumeric":              {`{{ randNumeric 1 | quote }}`, `{{ randNumeric 3 | substr 1 2 | quote }}`},
	"randBytes":                {`{{ randBytes 1 }}`, `{{ randBytes 16 | b64dec | sha256sum | trunc 3 | quote }}`},
	"randInt":                  {`{{ randInt 0 2 | quote }}`, `"{{ randInt 0 60 }} * * * *"`, `{{ mod (randInt 0 60) 2 | quote }}`, `{{ gt (randInt 0 60) 57 | quote }}`, `{{ randInt 5 8 | quote }}`, `{{ tpl "{{ randInt 0 2 }}" . | quote }}`},
	"shuffle":                  {`{{ shuffle "ab" }}`, `{{ shuffle "abc" | trunc 1 }}`, `{{ shuffle "aab" | trunc 1 }}`, `{{ shuffle "aaab" | substr 1 2 }}`},
	"uuidv4":                   {`{{ uuidv4 }}`, `{{ uuidv4 | trunc 1 | quote }}`},
	"bcrypt":                   {`{{ bcrypt "b" | quote }}`},
	"htpasswd":                 {`{{ htpasswd "a" "b" | quote }}`},
	"encryptAES":               {`{{ encryptAES "k" "text" | quote }}`},
	"genPrivateKey":            {`{{ genPrivateKey "rsa" | quote }}`, `{{ genPrivateKey "ecdsa" | quote }}`, `{{ genPrivateKey "ed25519" | quote }}`},
	"genCA":                    {`{{ (genCA "x" 10).Cert | quote }}`, `{{ (genCA "x" 10).Key | quote }}`},
	"genCAWithKey":             {`{{ (genCAWithKey "x" 10 (genPrivateKey "ecdsa")).Cert | quote }}`},
	"genSelfSignedCert":        {`{{ (genSelfSignedCert "x" nil nil 10).Cert | quote }}`},
	"genSelfSignedCertWithKey": {`{{ (genSelfSignedCertWithKey "x" nil (list "a") 10 (genPrivateKey "rsa")).Cert | quote }}`},
	"genSignedCert":            {`{{ (genSignedCert "x" nil nil 10 (genCA "x" 10)).Cert | quote }}`},
	"genSignedCertWithKey":     {`{{ (genSignedCertWithKey "x" nil nil 10 (genCA "x" 10) (genPrivateKey "")).Cert | quote }}`},
	"now":                      {`{{ now | date "2006-01-02" | quote }}`, `{{ now | date "Mon" }}`, `{{ now | date "15" | quote }}`, `{{ now | date "PM" }}`, `{{ now | unixEpoch | quote }}`, `{{ now.Year | quote }}`, `{{ now | dateModify "1h" | date "04" | quote }}`},
	"date":                     {`{{ date "2006-01-02T15" "" | quote }}`, `{{ date "01" "2020-01-01" | quote }}`, `{{ date "Mon" 1.5 }}`, `{{ date "2006" nil | quote }}`},
	"dateInZone":               {`{{ dateInZone "2006-01-02" "" "UTC" | quote }}`},
	"date_in_zone":             {`{{ date_in_zone "05" "" "Asia/Tokyo" | quote }}`},
	"htmlDate":                 {`{{ htmlDate "" | quote }}`},
	"htmlDateInZone":           {`{{ htmlDateInZone "" "UTC" | quote }}`},
	"ago":                      {`{{ ago (toDate "2006-01-02" "2020-01-01") | quote }}`, `{{ ago 0 | quote }}`},
	"durationRound":            {`{{ durationRound (toDate "2006-01-02" "2020-01-01") | quote }}`},
	"keys":                     {`{{ keys .Values.map | join "," }}`, `"{{ range keys .Values.map }}{{ . }} {{ end }}"`, `{{ keys .Values.map | first }}`, `{{ index (keys .Values.map) 1 }}`, `{{ omit .Values.map "beta" | keys | last }}`},
	"values":                   {`{{ values .Values.map | join "," }}`, `{{ index (values .Values.map) 1 | quote }}`},
}

func TestImpureIsRefused(t *testing.T) {
	for name, expressions := range impure {
		for _, expression := range expressions {
			_, err := proveExpression(expression)
			if !errors.As(err, &unstable{}) || !strings.Contains(err.Error(), name+" in charts/r/templates/cm.yaml:5") {
				t.Errorf("%s: got %v", expression, err)
			}
		}
	}
}

// A condition that holds for few values only is found as well.
func TestRareConditionIsRefused(t *testing.T) {
	const keys = `(dict "a" 1 "b" 2 "c" 3 "d" 4 "e" 5 "f" 6 "g" 7)`
	for _, condition := range []string{
		`eq (randInt 0 10) 7`, `eq (randInt 100 132) 117`, `and (gt (randInt 0 1000) 480) (lt (randInt 0 1000) 510)`,
		`randNumeric 1 | int | eq 7`, `randNumeric 4 | hasSuffix "3"`, `randAlphaNum 8 | regexMatch "^[0-4]"`, `uuidv4 | hasPrefix "7"`,
		`eq (now | date "Monday") "Sunday"`, `eq (now | date "01-02") "12-31"`, `eq (now | date "01-02") "02-29"`, `eq (now | date "15") "03"`,
		`eq (htmlDate nil) "2027-12-31"`, `eq (date "Jan" nil) "Oct"`, `eq now.Year 2029`, `eq (now | date "04") "59"`,
		`keys ` + keys + ` | last | eq "c"`, `keys ` + keys + ` | first | eq "f"`, `index (values ` + keys + `) 2 | eq 6`, `shuffle "abcdefg" | hasPrefix "e"`,
	} {
		_, err := proveExpression(`"{{ if ` + condition + ` }}a{{ end }}"`)
		if !errors.As(err, &unstable{}) {
			t.Errorf("%s: got %v", condition, err)
		}
	}
}

// All that a function can choose comes up in the worlds for which it asks.
func TestEveryChoiceComesUp(t *testing.T) {
	fields := map[string]any{}
	for number := range 16 {
		fields[fmt.Sprintf("%c", 'a'+number)] = number
	}
	cases := []struct {
		lesson  string
		choices int
		give    func(w *world) []string
	}{
		{"a small range", 32, func(w *world) []string { return []string{fmt.Sprint(w.randInt(5, 37))} }},
		{"minutes", 60, func(w *world) []string { return []string{fmt.Sprint(w.randInt(0, 60))} }},
		{"a great range, roughly", 20, func(w *world) []string { return []string{fmt.Sprint(w.randInt(0, 1000) / 50)} }},
		{"the remainder of one", 10, func(w *world) []string { return []string{fmt.Sprint(w.randInt(0, 1000) % 10)} }},
		{"digits at the second place", 10, func(w *world) []string { return []string{w.characters("randNumeric", "0123456789")(3)[1:2]} }},
		{"letters and digits", 62, func(w *world) []string { return []string{w.functions()["randAlphaNum"].(func(int) string)(9)[8:]} }},
		{"the start of a UUID", 16, func(w *world) []string { return []string{w.uuidv4()[:1]} }},
		{"the end of a UUID", 16, func(w *world) []string { return []string{w.uuidv4()[35:]} }},
		{"the first key", 16, func(w *world) []string { return w.keys(fields)[:1] }},
		{"the last key", 16, func(w *world) []string { return w.keys(fields)[15:] }},
		{"a key in the middle", 16, func(w *world) []string { return w.keys(fields)[7:8] }},
		{"pairs of neighbors", 32, func(w *world) []string { return []string{strings.Join(w.keys(fields)[:2], "")} }},
		{"orders of three", 6, func(w *world) []string { return []string{w.shuffle("abc")} }},
	}
	for format, choices := range map[string]int{"01-02": 366, "Monday": 7, "15": 24, "04": 60, "05": 60, "01": 12, "02": 31, "2006": 13} {
		cases = append(cases, struct {
			lesson  string
			choices int
			give    func(w *world) []string
		}{format, choices, func(w *world) []string {
			return []string{w.functions()["date"].(func(string, any) string)(format, nil)}
		}})
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			seen := map[string]bool{}
			for number, wanted := 0, 1; number < wanted; number++ {
				w := newWorld(number, "")
				seen[strings.Join(test.give(w), "")] = true
				wanted = w.wanted
			}
			if len(seen) != test.choices {
				t.Errorf("got %d, want %d: %v", len(seen), test.choices, seen)
			}
		})
	}
	for year := range yearCount {
		for _, end := range []string{"-01-01 00:00:00", "-12-31 23:59:59"} {
			want := fmt.Sprint(firstYear+year) + end
			found := false
			for number := range worldCount + clockChoices {
				found = found || instant(number).Format(time.DateTime) == want
			}
			if !found {
				t.Errorf("no clock says %s", want)
			}
		}
	}
}

// What doesn't change is not refused, whatever function it is from, and is what Helm's own functions give.
func TestPureIsGiven(t *testing.T) {
	cases := map[string]string{
		`{{ keys .Values.map | sortAlpha | join "," }}`:                             `alpha,beta,gamma`,
		`{{ values .Values.map | len }}`:                                            `3`,
		`{{ keys (dict "a" 1) | join "," }}`:                                        `a`,
		`{{ values (dict "a" 1 "b" 1) | join "," | quote }}`:                        `1,1`,
		`{{ randInt 7 8 | quote }}`:                                                 `"7"`,
		`{{ randAlphaNum 8 | len }}`:                                                `8`,
		`{{ randAlphaNum 0 | quote }}`:                                              `""`,
		`{{ default (randAlphaNum 8) "own" }}`:                                      `own`,
		`{{ ternary "own" (genCA "x" 10).Cert true }}`:                              `own`,
		`{{ shuffle "aaa" }}`:                                                       `aaa`,
		`{{ genPrivateKey "x" }}`:                                                   `Unknown type x`,
		`{{ genPrivateKey "" | trunc 31 | quote }}`:                                 `'-----BEGIN RSA PRIVATE KEY-----'`,
		`{{ encryptAES "k" "" | quote }}`:                                           `""`,
		`{{ encryptAES "k" "text" | decryptAES "k" }}`:                              `text`,
		`{{ htpasswd "a:b" "c" | quote }}`:                                          `'invalid username: a:b'`,
		`{{ derivePassword 1 "long" "p" "u" "e" | quote }}`:                         `WomcHadoBimz4.`,
		`{{ date "2006-01-02 15:04" 0 | quote }}`:                                   `1970-01-01 00:00`,
		`{{ toDate "2006-01-02" "2020-01-01" | date "02.01.2006" | quote }}`:        `01.01.2020`,
		`{{ dateInZone "15:04" (toDate "2006-01-02" "2020-01-01") "Asia/Tokyo" }}`:  `"09:00"`,
		`{{ htmlDate (toDate "2006-01-02" "2020-01-01") | quote }}`:                 `"2020-01-01"`,
		`{{ ago now | quote }}`:                                                     `0s`,
		`{{ ago "text" | quote }}`:                                                  `0s`,
		`{{ durationRound "2h10m5s" }}`:                                             `2h`,
		`{{ (fromToml "a = 1979-05-27T07:32:00").a | unixEpoch | quote }}`:          `"296638320"`,
		`{{ lookup "v1" "Secret" "a" "b" | toJson | quote }}`:                       `'{}'`,
		`{{ getHostByName "localhost" | quote }}`:                                   `""`,
		`"{{ range $key, $value := .Values.map }}{{ $key }}{{ $value }} {{ end }}"`: `'alpha1 beta2 gamma3 '`,
		`{{ print .Values.map }}`:                                                   `map[alpha:1 beta:2 gamma:3]`,
		`{{ merge (dict) .Values.map (dict "a" 1) | toJson | quote }}`:              `'{"a":1,"alpha":1,"beta":2,"gamma":3}'`,
	}
	for expression, want := range cases {
		got, err := proveExpression(expression)
		if err != nil || got != want {
			t.Errorf("%s: got %s, want %s, %v", expression, got, want, err)
		}
	}
}

// A pointer prints as an address, which no function gives.
func TestAddressIsRefused(t *testing.T) {
	for _, expression := range []string{`{{ printf "%p" .Values.map | quote }}`, `{{ print . | sha256sum | quote }}`, `{{ printf "%p" .Values | sha256sum | trunc 8 | quote }}`} {
		_, err := proveExpression(expression)
		if err == nil || !strings.Contains(err.Error(), "it prints an address of memory") {
			t.Errorf("%s: got %v", expression, err)
		}
	}
}

// Two worlds share no field of the clock.
func TestInstants(t *testing.T) {
	for _, format := range []string{"2006", "01", "02", "15", "03", "04", "05", "Mon", "Jan", "002", ".000000000"} {
		seen := map[string]bool{}
		for _, instant := range instants {
			seen[instant.Format(format)] = true
		}
		if len(seen) != worldCount {
			t.Errorf("%s: %v", format, seen)
		}
	}
	if instants[0].Format("PM") == instants[1].Format("PM") {
		t.Error("both in the morning, or in the evening")
	}
}

// A password that a chart makes up, beside a checksum of it that sorts first.
func TestUnstableMessage(t *testing.T) {
	chart := chartOf(map[string]string{
		"_helpers.tpl":                      "{{ define \"r.password\" }}{{ .Values.admin.password | default (randAlphaNum 40) }}{{ end }}",
		"deployment.yaml":                   "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\n  annotations:\n    checksum/secret: {{ include (print .Template.BasePath \"/secret.yaml\") . | sha256sum }}\n",
		"secret.yaml":                       "{{- if not .Values.admin.existingSecret }}\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: {{ include \"r.password\" . }}\n{{- end }}\n",
		"values.yaml":                       "admin: {password: '', existingSecret: ''}\n",
		"charts/db/Chart.yaml":              "apiVersion: v2\nname: db\nversion: 1.0.0\n",
		"charts/db/templates/configmap.yml": configMap + "data: {at: \"{{ .Values.at | default now }}\"}\n",
	})
	_, err := chart.prove(Release{Name: "r", Values: []map[string]any{{"db": map[string]any{"at": "noon"}}}}, "charts/r")
	want := "charts/r/templates/secret.yaml: Secret/s differs between two renders at .stringData.password " +
		"(randAlphaNum in charts/r/templates/_helpers.tpl:1 is random), and so do Deployment/d at .metadata.annotations.checksum/secret"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if hint, _ := isUnstable(err); hint != "in the release's values name a Secret of yours in `admin.existingSecret`, or set `admin.password`: the chart then makes none up" {
		t.Error(hint)
	}
	_, err = chart.prove(Release{Name: "r", Values: []map[string]any{{"admin": map[string]any{"existingSecret": "own"}}}}, "charts/r")
	want = "charts/r/charts/db/templates/configmap.yml: ConfigMap/c differs between two renders at .data.at (now in charts/r/charts/db/templates/configmap.yml:4 reads the clock)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestRendersOnlySometimes(t *testing.T) {
	_, err := proveExpression(`{{ if gt (randInt 0 2) 0 }}{{ fail "no luck" }}{{ end }}`)
	if err == nil || !strings.Contains(err.Error(), "renders only sometimes (randInt in charts/r/templates/cm.yaml:5 is random)") {
		t.Errorf("got %v", err)
	}
	_, err = proveExpression("x\n{{ if gt (randInt 0 2) 0 }}---\n" + strings.Replace(configMap, "name: c", "name: e", 1) + "{{ end }}")
	if err == nil || !strings.Contains(err.Error(), "ConfigMap/e differs between two renders (randInt in charts/r/templates/cm.yaml:6 is random)") {
		t.Errorf("got %v", err)
	}
}

func object(text string) Object {
	return Object{ObjectKind: "ConfigMap", Name: "c", Source: "templates/c.yaml", Text: text}
}

func TestCompare(t *testing.T) {
	cases := []struct{ lesson, first, second, want string }{
		{"the same", "a: 1\n", "a: 1\n", ""},
		{"a value", "a: {b: 1}\n", "a: {b: 2}\n", ".a.b"},
		{"several", "b: 1\na: 1\n", "b: 2\na: 2\n", ".a .b"},
		{"in a list", "a: [{b: 1}, {b: 1}]\n", "a: [{b: 1}, {b: 2}]\n", ".a[1].b"},
		{"a longer list", "a: [1]\n", "a: [1, 2]\n", ".a"},
		{"another key", "a: {b: 1}\n", "a: {c: 1}\n", ".a.b .a.c"},
		{"another type", "a: {b: 1}\n", "a: [1]\n", ".a"},
		{"an object for a scalar", "a: 1\n", "a: {b: 1}\n", ".a"},
		{"null for nothing", "a: {b: null}\n", "a: {}\n", ""},
		{"a checksum comes last", "metadata: {annotations: {checksum/a: x}}\nz: 1\n", "metadata: {annotations: {checksum/a: y}}\nz: 2\n", ".z .metadata.annotations.checksum/a"},
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			found := compare([]Object{object(test.first)}, []Object{object(test.second)})
			var paths []string
			for _, one := range found {
				paths = append(paths, one.path)
			}
			if got := strings.Join(paths, " "); got != test.want || test.first != test.second && len(found) == 0 {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if found := compare([]Object{object("a: 1\n")}, nil); len(found) != 1 {
		t.Errorf("another number of objects: got %v", found)
	}
}

// The table has every function that a template can call, once, and every one that isn't pure has its worlds.
func TestFunctionTable(t *testing.T) {
	table := classes()
	seen := map[string]int{}
	for _, class := range [][]string{table.Random, table.Clock, table.Order, table.Fixed, table.Pure} {
		for _, name := range class {
			seen[name]++
		}
	}
	actual := templateFunctions(t)
	for name, count := range seen {
		if count != 1 || !slices.Contains(actual, name) {
			t.Errorf("%s: in the table %d times, known to Helm: %v", name, count, slices.Contains(actual, name))
		}
	}
	replaced := newWorld(0, "").functions()
	for _, name := range actual {
		if seen[name] == 0 {
			t.Errorf("%s: Helm's templates can call it, and functions.json doesn't classify it: read what it does", name)
		}
		changing := slices.Contains(slices.Concat(table.Random, table.Clock, table.Order), name)
		if _, ok := replaced[name]; ok != changing {
			t.Errorf("%s: has worlds: %v, needs them: %v", name, ok, changing)
		}
		if _, ok := impure[name]; ok != changing {
			t.Errorf("%s: is tried: %v, needs it: %v", name, ok, changing)
		}
	}
}
