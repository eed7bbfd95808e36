package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// templateFunctions are all functions of a chart's template: Go's, sprig's and Helm's own, less those that Helm leaves
// out. The last are read from its source, since the library doesn't give its map; Helm's parser then has to know each.
func templateFunctions(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	for name := range library {
		names[name] = true
	}
	for _, name := range keysIn(t, filepath.Join(goCommand(t, "env", "GOROOT"), "src", "text", "template", "funcs.go"), "builtins") {
		names[name] = true
	}
	helm := filepath.Join(goCommand(t, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "helm.sh/helm/v4"), "pkg", "engine")
	own := append(keysIn(t, filepath.Join(helm, "funcs.go"), "funcMap"), keysIn(t, filepath.Join(helm, "engine.go"), "initFunMap")...)
	if !slices.Contains(own, "toYaml") || !slices.Contains(own, "tpl") || !slices.Contains(own, "fail") {
		t.Fatalf("Helm's functions are elsewhere now: %v", own)
	}
	for _, name := range own {
		names[name] = true
	}
	var known []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		loaded, context := chartOf(map[string]string{"_f.tpl": `{{ define "x" }}{{ ` + name + ` }}{{ end }}`}), Release{Name: "r"}
		if _, _, err := loaded.execute(context, "", nil); err == nil {
			known = append(known, name)
		} else if !strings.Contains(err.Error(), "not defined") {
			t.Fatal(err)
		}
	}
	if slices.Contains(known, "env") || len(known) < 200 {
		t.Fatalf("got %d functions", len(known))
	}
	return known
}

// keysIn are the texts by which a function indexes or fills a map.
func keysIn(t *testing.T, path, function string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	add := func(node ast.Expr) {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if name, err := strconv.Unquote(literal.Value); err == nil {
				found = append(found, name)
			}
		}
	}
	for _, declaration := range file.Decls {
		if declared, ok := declaration.(*ast.FuncDecl); ok && declared.Name.Name == function {
			ast.Inspect(declared, func(node ast.Node) bool {
				switch node := node.(type) {
				case *ast.KeyValueExpr:
					add(node.Key)
				case *ast.IndexExpr:
					add(node.Index)
				}
				return true
			})
		}
	}
	return found
}

func goCommand(t *testing.T, arguments ...string) string {
	t.Helper()
	output, err := exec.Command("go", arguments...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(output))
}
