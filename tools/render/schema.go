package main

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	chart "helm.sh/helm/v4/pkg/chart/v2"
)

var errOutside = errors.New("is outside of the chart: copy it into the schema's $defs")

// refuseForeignSchema refuses a schema of a chart, or of its dependencies, for which Helm would read another file. It looks
// for one on other machines and from this one's root on, but never in the chart.
func refuseForeignSchema(loaded *chart.Chart, prefix string) error {
	if loaded.Schema != nil {
		if url := foreign(loaded.Schema); url != "" {
			return fmt.Errorf("%s: $ref %s %w", path.Join(prefix, "values.schema.json"), url, errOutside)
		}
	}
	for _, dependency := range loaded.Dependencies() {
		if err := refuseForeignSchema(dependency, path.Join(prefix, "charts", dependency.Name())); err != nil {
			return err
		}
	}
	return nil
}

// reference matches what a schema may be read for, and harmlessReference what is in it, or in the library.
var (
	reference         = regexp.MustCompile(`"\$(?:schema|\w*[rR]ef)"\s*:\s*"([^"]*)"`)
	harmlessReference = regexp.MustCompile(`^(?:#|https?://json-schema\.org/(?:draft-0[467]|draft/2019-09|draft/2020-12)/schema#?$)`)
)

// isClosed tells, in a tenth of the time that compiling takes, that a schema refers to nothing else.
func isClosed(schema []byte) bool {
	for _, found := range reference.FindAllSubmatch(schema, -1) {
		if !harmlessReference.Match(found[1]) {
			return false
		}
	}
	return !bytes.Contains(schema, []byte(`\u`)) // a key may be spelt so
}

// foreign gives the first address that a schema would be read from, as Helm compiles it; the metaschemas of json-schema.org
// are in the library.
func foreign(schema []byte) string {
	const own = "file:///values.schema.json"
	if isClosed(schema) {
		return ""
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return "" // Helm says what is wrong with it
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(nothing{})
	if compiler.AddResource(own, document) != nil {
		return ""
	}
	var refused *jsonschema.LoadURLError
	if _, err := compiler.Compile(own); !errors.As(err, &refused) {
		return ""
	}
	if bytes.Contains(schema, []byte(refused.URL)) {
		return refused.URL
	}
	return strings.TrimPrefix(refused.URL, "file:///") // it is written as a path
}

// nothing has no file.
type nothing struct{}

// Load gives what Helm gives for a name without an address; all else isn't here.
func (nothing) Load(url string) (any, error) {
	if strings.HasPrefix(url, "urn:") {
		return true, nil
	}
	return nil, errors.New("it is not in the chart")
}
