package main

import (
	"strings"
	"text/template/parse"
)

// reads is what the result of some templates can depend on: paths into the environment's values, and whether its
// name. With `all`, it may be anything: something was passed on as a whole.
type reads struct {
	paths map[string][]string // by their keys, joined
	name  bool
	all   bool
}

func newReads() *reads { return &reads{paths: map[string][]string{}} }

func (found *reads) value(path []string) {
	if len(path) == 0 {
		found.all = true
		return
	}
	found.paths[strings.Join(path, "\x00")] = path
}

// template adds what a template may read.
func (found *reads) template(text string) {
	tree := parse.New("template")
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		found.all = true
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
func (found *reads) node(node parse.Node, root bool) {
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
		found.all = true
	}
}

func (found *reads) branch(node *parse.BranchNode, root, inside bool) {
	found.pipe(node.Pipe, root)
	found.node(node.List, inside)
	found.node(node.ElseList, root)
}

func (found *reads) pipe(pipe *parse.PipeNode, root bool) {
	if pipe == nil {
		return
	}
	for _, command := range pipe.Cmds {
		for _, argument := range command.Args {
			found.argument(argument, root)
		}
	}
}

func (found *reads) argument(argument parse.Node, root bool) {
	switch node := argument.(type) {
	case *parse.DotNode:
		found.all = found.all || root
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
		found.all = found.all || node.Ident == "isFile" || node.Ident == "isDir"
	case *parse.BoolNode, *parse.NumberNode, *parse.NilNode:
	default:
		found.all = true
	}
}

// field adds a chain of fields of what helmfile passes to templates.
func (found *reads) field(chain []string) {
	switch {
	case len(chain) == 0:
		found.all = true
	case chain[0] == "Values" || chain[0] == "StateValues":
		found.value(chain[1:])
	case chain[0] == "Environment" && len(chain) == 2 && chain[1] == "Name":
		found.name = true
	case chain[0] == "Release" || chain[0] == "Namespace" || chain[0] == "Chart" || chain[0] == "KubeContext":
		// of the helmfile itself
	default:
		found.all = true
	}
}

// text looks at a text that helmfile may render once more, as it does with the strings of a release: a literal may be a
// template, and a part of one could become one.
func (found *reads) text(text string, literal bool) {
	switch {
	case literal && strings.Contains(text, "{{"):
		found.template(text)
	case literal && (strings.Contains(text, "{") || strings.Contains(text, "%c")), strings.HasSuffix(text, "{"):
		found.all = true
	}
}
