"""The word for what a program puts into a message."""

from __future__ import annotations

import ast

# Says as little about an object as the object itself.
_EMPTY = {"name", "text", "value", "title", "message"}
# Words that only a programmer knows.
_PLAIN = {
    "__name__": "kind",
    "argv": "program",
    "filename": "file",
    "go_mod": "file",
    "layers": "file",
    "self": "where",
    "shown": "where",
    "strerror": "reason",
}


def word_for(node: ast.AST) -> str:
    """A word in capitals for what an expression gives; empty when there is none."""
    word = _called(node)
    return _PLAIN.get(word, word).strip("_").upper().replace("_", "-")


def _called(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute():
            return _attribute(node)
        case ast.Call():
            return _call(node)
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key
        case ast.JoinedStr(values=[*_, ast.FormattedValue(value=inner)]):
            return _called(inner)
    inside = _inside(node)
    return _called(inside) if inside else ""


def _attribute(node: ast.Attribute) -> str:
    of_itself = isinstance(node.value, ast.Name) and node.value.id == "self"
    return _called(node.value) if node.attr in _EMPTY and not of_itself else node.attr


def _call(node: ast.Call) -> str:
    match node:
        case ast.Call(func=ast.Name(id="len")):
            return "number"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=[*_, last]):
            return _called(last)
        case ast.Call(args=[first, *_]) if not isinstance(first, ast.Constant):
            return _called(first)
        case ast.Call(func=ast.Attribute(value=owner)):
            return _called(owner)
    return _called(node.func)


def _inside(node: ast.AST) -> ast.AST | None:
    """The part of an expression that says what it is about."""
    match node:
        case ast.Subscript(value=inner) | ast.Starred(value=inner) | ast.BinOp(left=inner) | ast.IfExp(body=inner):
            return inner
        case ast.GeneratorExp(elt=inner) | ast.ListComp(elt=inner) | ast.BoolOp(values=[inner, *_]):
            return inner
    return None
