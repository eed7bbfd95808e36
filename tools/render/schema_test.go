package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// A schema is whole in itself: nothing is fetched for it, or read from elsewhere on this machine.
func TestForeignSchemaIsRefused(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = answer.Write([]byte("true"))
	}))
	defer server.Close()
	cases := []struct{ lesson, file, schema, refused string }{
		{"http", "values.schema.json", `{"properties": {"a": {"$ref": "` + server.URL + `/s.json#/$defs/a"}}}`, "charts/r/values.schema.json: $ref " + server.URL + "/s.json "},
		{"https", "values.schema.json", `{"allOf": [{"$ref": "https://example.invalid/s.json"}]}`, "charts/r/values.schema.json: $ref https://example.invalid/s.json "},
		{"a file", "values.schema.json", `{"$ref": "file:///etc/hostname"}`, "charts/r/values.schema.json: $ref file:///etc/hostname "},
		{"a path", "values.schema.json", `{"$ref": "other.json"}`, "charts/r/values.schema.json: $ref other.json "},
		{"a path below an id", "values.schema.json", `{"$id": "` + server.URL + `/x.json", "$ref": "other.json"}`, "charts/r/values.schema.json: $ref " + server.URL + "/other.json "},
		{"spelt in another way", "values.schema.json", `{"\u0024ref": "https:\/\/example.invalid\/s.json"}`, "charts/r/values.schema.json: $ref https://example.invalid/s.json "},
		{"of a dependency", "charts/db/values.schema.json", `{"$ref": "https://example.invalid/s.json"}`, "charts/r/charts/db/values.schema.json: $ref https://example.invalid/s.json "},
		{"another dialect", "values.schema.json", `{"$schema": "` + server.URL + `/meta"}`, "charts/r/values.schema.json: $ref " + server.URL + "/meta "},
		{"its own", "values.schema.json", `{"$defs": {"a": {"type": "object"}}, "$ref": "#/$defs/a"}`, ""},
		{"its own by its id", "values.schema.json", `{"$id": "https://example.invalid/x.json", "$defs": {"a": {"type": "object"}}, "$ref": "https://example.invalid/x.json#/$defs/a"}`, ""},
		{"metaschemas", "values.schema.json", `{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "https://json-schema.org/draft/2020-12/schema"}}}`, ""},
		{"a name without an address", "values.schema.json", `{"properties": {"a": {"$ref": "urn:example:a"}}}`, ""},
		{"a text", "values.schema.json", `{"properties": {"$ref": {"default": "https://example.invalid/s.json", "description": "https://example.invalid"}}}`, ""},
	}
	for _, test := range cases {
		t.Run(test.lesson, func(t *testing.T) {
			chart := chartOf(map[string]string{test.file: test.schema, "cm.yaml": configMap, "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n"})
			_, err := chart.prove(Release{Name: "r"}, "charts/r")
			want := test.refused + "is outside of the chart: copy it into the schema's $defs"
			if test.refused == "" && err != nil || test.refused != "" && (err == nil || err.Error() != want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if _, err := chart.prove(Release{Name: "r", SkipSchema: true}, "charts/r"); err != nil {
				t.Errorf("nobody reads it: %v", err)
			}
		})
	}
	if asked > 0 {
		t.Errorf("the server was asked %d times", asked)
	}
	_, err := chartOf(map[string]string{"values.schema.json": `{"required": ["a"]}`, "cm.yaml": configMap}).prove(Release{Name: "r"}, "charts/r")
	if err == nil || !strings.Contains(err.Error(), "charts/r/values.schema.json refuses the values: ") {
		t.Errorf("got %v", err)
	}
	place := t.TempDir()
	writeFile(t, filepath.Join(place, "components", "x", "c", "Chart.yaml"), "apiVersion: v2\nname: c\nversion: 1.0.0\n")
	writeFile(t, filepath.Join(place, "components", "x", "c", "values.schema.json"), `{"$ref": "other.json"}`)
	platform := &Platform{charts: newChartStore(place), request: Request{Root: place, Prove: true}}
	_, err = platform.release(Component{Name: "x", Rendered: map[string]string{"/r": configMap}}, Release{Name: "r", Chart: "c"})
	if err == nil || !strings.HasPrefix(err.Error(), "components/x/c/values.schema.json: $ref other.json is outside of the chart") {
		t.Errorf("where helmfile renders: got %v", err)
	}
}
