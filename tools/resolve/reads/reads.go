// Package reads finds what the result of helmfile's templates can depend on.
package reads

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template/parse"
)

// Set is what the result of some templates can depend on: paths into the environment's values, and whether its
// name. With All, it may be anything: something was passed on as a whole.
type Set struct {
	paths map[string][]string // by their keys, joined
	name  bool
	All   bool
}

// New gives an empty set.
func New() *Set { return &Set{paths: map[string][]string{}} }

// Value adds a path into the values; an empty one is all of them.
func (found *Set) Value(path []string) {
	if len(path) == 0 {
		found.All = true
		return
	}
	found.paths[strings.Join(path, "\x00")] = path
}

// Template adds what a template may read.
func (found *Set) Template(text string) {
	tree := parse.New("template")
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		found.All = true
		return
	}
	for name, each := range trees {
		if each.Root != nil {
			found.node(each.Root, name == "template")
		}
	}
	if tree.Root != nil {
		found.node(tree.Root, true)
	}
}

// node walks a template; with `root`, the dot is what helmfile passes to it. In `with`, `range` and `define` it is
// something else, which was read by whoever passed it.
func (found *Set) node(node parse.Node, root bool) {
	switch node := node.(type) {
	case *parse.ListNode:
		if node != nil {
			for _, each := range node.Nodes {
				found.node(each, root)
			}
		}
	case *parse.TextNode:
		found.text(string(node.Text), false)
	case *parse.ActionNode:
		found.pipe(node.Pipe, root)
	case *parse.IfNode:
		found.branch(&node.BranchNode, root, root)
	case *parse.WithNode:
		found.branch(&node.BranchNode, root, false)
	case *parse.RangeNode:
		found.branch(&node.BranchNode, root, false)
	case *parse.TemplateNode:
		found.pipe(node.Pipe, root)
	case *parse.CommentNode, *parse.BreakNode, *parse.ContinueNode:
	default:
		found.All = true
	}
}

func (found *Set) branch(node *parse.BranchNode, root, inside bool) {
	found.pipe(node.Pipe, root)
	found.node(node.List, inside)
	found.node(node.ElseList, root)
}

func (found *Set) pipe(pipe *parse.PipeNode, root bool) {
	if pipe == nil {
		return
	}
	for _, command := range pipe.Cmds {
		for _, argument := range command.Args {
			found.argument(argument, root)
		}
	}
}

func (found *Set) argument(argument parse.Node, root bool) {
	switch node := argument.(type) {
	case *parse.DotNode:
		found.All = found.All || root
	case *parse.FieldNode:
		if root {
			found.field(node.Ident)
		}
	case *parse.VariableNode:
		if node.Ident[0] == "$" {
			found.field(node.Ident[1:])
		}
	case *parse.ChainNode:
		found.argument(node.Node, root)
	case *parse.PipeNode:
		found.pipe(node, root)
	case *parse.StringNode:
		found.text(node.Text, true)
	case *parse.IdentifierNode:
		// What is there may differ between environments.
		found.All = found.All || node.Ident == "isFile" || node.Ident == "isDir"
	case *parse.BoolNode, *parse.NumberNode, *parse.NilNode:
	default:
		found.All = true
	}
}

// field adds a chain of fields of what helmfile passes to templates.
func (found *Set) field(chain []string) {
	switch {
	case len(chain) == 0:
		found.All = true
	case chain[0] == "Values" || chain[0] == "StateValues":
		found.Value(chain[1:])
	case chain[0] == "Environment" && len(chain) == 2 && chain[1] == "Name":
		found.name = true
	case chain[0] == "Release" || chain[0] == "Namespace" || chain[0] == "Chart" || chain[0] == "KubeContext":
		// of the helmfile itself
	default:
		found.All = true
	}
}

// text looks at a text that helmfile may render once more, as it does with the strings of a release: a literal may be a
// template, and a part of one could become one.
func (found *Set) text(text string, literal bool) {
	switch {
	case literal && strings.Contains(text, "{{"):
		found.Template(text)
	case literal && (strings.Contains(text, "{") || strings.Contains(text, "%c")), strings.HasSuffix(text, "{"):
		found.All = true
	}
}

// Clone gives a copy.
func (found *Set) Clone() *Set {
	return &Set{paths: maps.Clone(found.paths), name: found.name, All: found.All}
}

// Digest covers what is read of some values; it is empty where that can't be told, or is rendered once more.
func (found *Set) Digest(values map[string]any, environment string) string {
	if found.All {
		return ""
	}
	sum := sha256.New()
	if found.name {
		fmt.Fprintf(sum, "name %s\x00", environment)
	}
	for _, key := range slices.Sorted(maps.Keys(found.paths)) {
		value, err := json.Marshal(at(values, found.paths[key]))
		if err != nil || strings.Contains(string(value), "{{") {
			return ""
		}
		fmt.Fprintf(sum, "%s\x00%s\x00", key, value)
	}
	return string(sum.Sum(nil))
}

// at gives the value at a path, or what is in its place: the number of keys that lead to it, and it.
func at(value any, path []string) [2]any {
	for depth, key := range path {
		fields, ok := value.(map[string]any)
		if !ok {
			return [2]any{depth, value}
		}
		if value, ok = fields[key]; !ok {
			return [2]any{depth, "missing"}
		}
	}
	return [2]any{len(path), value}
}
