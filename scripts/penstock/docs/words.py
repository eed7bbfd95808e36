"""What an expression of a message says: its words, and where the program puts something in, a name in capitals."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from penstock.docs.naming import word_for
from penstock.docs.sources import Function, Module, Package

# Between these stands the name of what is put in. Alone, they stand for what may be missing.
_BEGIN, _END = "\x02", "\x03"
MAYBE = _BEGIN + _END
_HOLE = re.compile(f"{_BEGIN}([^{_END}]*){_END}")
_MOST_WAYS = 8
_DEEPEST = 7


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: the functions around it, the innermost first, and how far it was followed here."""

    package: Package
    module: Module
    functions: tuple[Function, ...] = ()
    depth: int = 0
    arguments: Mapping[str, tuple[ast.expr, Scope]] = field(default_factory=dict)
    """What the innermost function was called with, and where that stands."""
    whole: bool = True
    """Whether the expression is a text or a list of texts by itself, not a part of a longer text."""

    def inside(self) -> Scope:
        """The same place, for a part of a longer text."""
        return replace(self, whole=False)

    def elsewhere(self, module: Module, *functions: Function) -> Scope:
        """The place that a name leads to."""
        return replace(self, module=module, functions=functions, depth=self.depth + 1, arguments={})

    def called(self, module: Module, function: Function, call: ast.Call) -> Scope:
        """The place inside of a function that is called from here."""
        given = dict(zip((argument.arg for argument in function.args.args), call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        return replace(
            self.elsewhere(module, function), arguments={name: (value, self) for name, value in given.items()}
        )


def shown(template: str) -> str:
    """A template as people read it."""
    text = re.sub(rf"(^|[ (]){MAYBE}", r"\1…", template)
    return " ".join(_HOLE.sub(lambda hole: hole[1], text).split())


def pattern(template: str) -> re.Pattern[str]:
    """What every message of a template fits."""
    parts = re.split(f"({_BEGIN}[^{_END}]*{_END})", template)
    return re.compile("".join(".*" if part.startswith(_BEGIN) else re.escape(part) for part in parts))


def says_something(template: str) -> bool:
    """Whether a template has words of its own beside what is put in."""
    return len(re.findall(r"[^\W\d_]", _HOLE.sub("", template))) > 2


def templates(node: ast.expr, scope: Scope) -> list[str]:
    """The texts that an expression may give: a single one, one for each way, or one for each line of a list."""
    reader = _READERS.get(type(node))
    found = list(dict.fromkeys(reader(node, scope))) if reader and scope.depth < _DEEPEST else []
    return found or [_hole(word_for(node))]


def _constant(node: ast.Constant, _: Scope) -> Iterator[str]:
    if isinstance(node.value, str | int):
        yield str(node.value)


def _joined(node: ast.JoinedStr, scope: Scope) -> Iterator[str]:
    yield from _product([_part(value, scope.inside()) for value in node.values])


def _part(node: ast.expr, scope: Scope) -> list[str]:
    """One piece of an f-string: where it may be empty, it is left out."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    value = node.value if isinstance(node, ast.FormattedValue) else node
    ways = templates(value, scope)
    if "" in ways:
        return [MAYBE]
    return ways if len(ways) <= _MOST_WAYS else [_hole(word_for(value))]


def _sum(node: ast.BinOp, scope: Scope) -> Iterator[str]:
    if not isinstance(node.op, ast.Add):
        return
    if scope.whole and not any(isinstance(side, ast.Constant | ast.JoinedStr) for side in (node.left, node.right)):
        yield from templates(node.left, scope)
        yield from templates(node.right, scope)
    else:
        yield from _product([_part(node.left, scope.inside()), _part(node.right, scope.inside())])


def _either(node: ast.IfExp, scope: Scope) -> Iterator[str]:
    yield from templates(node.body, scope)
    yield from templates(node.orelse, scope)


def _any_of(node: ast.BoolOp, scope: Scope) -> Iterator[str]:
    ways = [text for value in node.values for text in templates(value, scope)]
    if isinstance(node.op, ast.Or) and any(map(says_something, ways)):
        yield from _worded(ways, node)


def _list(node: ast.List | ast.Tuple, scope: Scope) -> Iterator[str]:
    for item in node.elts:
        yield from templates(item.value if isinstance(item, ast.Starred) else item, scope)


def _comprehension(node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> Iterator[str]:
    if not isinstance(node.elt, ast.Name):
        yield from templates(node.elt, scope)
        return
    for generator in node.generators:
        if isinstance(generator.target, ast.Name) and generator.target.id == node.elt.id:
            yield from templates(generator.iter, scope)


def _call(node: ast.Call, scope: Scope) -> Iterator[str]:
    named = scope.package.function(scope.module, node.func)
    if named and named[0].path != "core/console.py":
        found = [text for value in _given(named[1]) for text in templates(value, scope.called(*named, node))]
        yield from _worded(found, node)
        return
    match node:
        case ast.Call(func=ast.Name(id="sorted" | "list"), args=[inner, *_]):
            yield from templates(inner, scope)
        case ast.Call(func=ast.Attribute(attr="join"), args=[inner]) if scope.whole:
            yield from templates(inner, scope)
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="re"), attr="sub"), args=[_, ast.Constant(value=str(by)), inner]
        ):
            # Where a word is swapped for another one, the new one alone is no message.
            told = [re.sub(r"\\\d", lambda _: _hole(""), by)] if len(by.split()) > 2 else []
            yield from _worded([*told, *templates(inner, scope)], node)


def _worded(found: list[str], node: ast.expr) -> Iterator[str]:
    """Texts that say something; for all others, the word for the expression itself."""
    for text in found:
        yield text if text == "" or says_something(text) else _hole(word_for(node))


def _given(function: Function) -> Iterator[ast.expr]:
    """What a function returns or yields."""
    for inner in ast.walk(function):
        if isinstance(inner, ast.Return | ast.Yield | ast.YieldFrom) and inner.value is not None:
            yield inner.value


def _one_of(node: ast.Subscript, scope: Scope) -> Iterator[str]:
    """One part of the tuples that a function returns, or any value of a constant mapping."""
    constant = scope.package.constant(scope.module, node.value)
    if constant and isinstance(constant[1], ast.Dict):
        for value in constant[1].values:
            yield from templates(value, scope.elsewhere(constant[0]))
    if isinstance(node.value, ast.Call) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
        named = scope.package.function(scope.module, node.value.func)
        for value in _given(named[1]) if named else ():
            if named and isinstance(value, ast.Tuple):
                yield from templates(value.elts[node.slice.value], scope.elsewhere(*named))


def _name(node: ast.Name, scope: Scope) -> Iterator[str]:
    for function in scope.functions:
        set_to = list(_set_to(function, node.id))
        found = [text for value in set_to for text in templates(value, replace(scope, depth=scope.depth + 1))]
        yield from _worded(found, node)
        if not set_to and node.id in scope.arguments:
            value, there = scope.arguments[node.id]
            yield from _worded(templates(value, replace(there, depth=scope.depth + 1)), node)
            return
        if set_to or any(argument.arg == node.id for argument in function.args.args):
            return
    yield from _constant_of(node, scope)


def _constant_of(node: ast.expr, scope: Scope) -> Iterator[str]:
    found = scope.package.constant(scope.module, node)
    if found and isinstance(found[1], ast.Constant | ast.JoinedStr):
        yield from templates(found[1], scope.elsewhere(found[0]))


def _set_to(function: Function, name: str) -> Iterator[ast.expr]:
    """All that a local name is set to, added to it, or put into it when it is a list."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                yield value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Call() as value):
                for index, target in enumerate(names):
                    if isinstance(target, ast.Name) and target.id == name:
                        yield ast.Subscript(value, ast.Constant(index))
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                yield value
            case ast.AugAssign(target=ast.Name(id=found), value=value) if found == name:
                yield value
            case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr="append" | "extend"), args=[value]) if (
                found == name
            ):
                yield value
            case ast.comprehension(target=ast.Name(id=found), iter=value) if found == name:
                yield value


def _product(parts: list[list[str]]) -> list[str]:
    ways = ["".join(way) for way in itertools.islice(itertools.product(*parts), _MOST_WAYS)]
    return list(dict.fromkeys(ways))


def _hole(word: str) -> str:
    return f"{_BEGIN}{word or '…'}{_END}"


_READERS: dict[type[ast.AST], Callable[..., Iterator[str]]] = {
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.BinOp: _sum,
    ast.IfExp: _either,
    ast.BoolOp: _any_of,
    ast.List: _list,
    ast.Tuple: _list,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Call: _call,
    ast.Name: _name,
    ast.Attribute: _constant_of,
    ast.Subscript: _one_of,
}
