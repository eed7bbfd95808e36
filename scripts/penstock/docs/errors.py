"""Every error that the engine can give a person: found in its own code, message and hint."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.docs.sources import Function, Module, Package
from penstock.docs.words import Scope, shown, templates

# The classes whose first argument is the message (of Findings: the messages) and whose second one is the hint.
_BASES = {"PenstockError", "Findings", "Problem"}
# Errors here are shown by another module, with a hint of its own: its path.
PASSED_ON = {
    "cluster/smoke/": "cluster/smoke/checks.py",
    "gates/dataflow/": "gates/dataflow/gate.py",
    "gates/e2e/": "gates/e2e/steps.py",
    "gates/references/": "gates/references/gate.py",
    "gates/rendered/files.py": "gates/dataflow/gate.py",
}


@dataclass(frozen=True)
class Entry:
    """One place that raises: the templates of its message (one, or the ways and lines it may have) and of its hint."""

    path: str
    line: int
    messages: tuple[str, ...]
    hints: tuple[str, ...]
    about: str
    """What the docstring around it says."""

    @property
    def passed_on(self) -> str:
        """The module that shows it with a hint of its own; empty when it has one."""
        matching = (shown for prefix, shown in PASSED_ON.items() if self.path.startswith(prefix))
        return "" if self.hints else next(matching, "")


def entries(package: Package) -> list[Entry]:
    """All of them, by module and line."""
    known = _classes(package)
    return [entry for module in package.modules.values() for entry in _Finder(package, module, known).found()]


def faults(found: list[Entry]) -> list[str]:
    """A line for every error without a hint that nobody gives one either."""
    return [
        f"scripts/penstock/{entry.path}:{entry.line}: an error without a hint: {shown(entry.messages[0])}"
        for entry in found
        if not entry.hints and not entry.passed_on
    ]


def _classes(package: Package) -> set[str]:
    """The error classes that take message and hint as PenstockError does: those without an __init__ of their own."""
    known = set(_BASES)
    defined = [
        node for module in package.modules.values() for node in module.tree.body if isinstance(node, ast.ClassDef)
    ]
    for _ in range(3):
        for node in defined:
            own = any(isinstance(item, Function) and item.name == "__init__" for item in node.body)
            if not own and any(isinstance(base, ast.Name) and base.id in known for base in node.bases):
                known.add(node.name)
    return known


class _Finder(ast.NodeVisitor):
    """Walks one module and remembers the functions around each place."""

    def __init__(self, package: Package, module: Module, known: set[str]) -> None:
        self.package = package
        self.module = module
        self.known = known
        self.around: list[Function] = []
        self.errors = False
        self.entries: list[Entry] = []

    def found(self) -> list[Entry]:
        """What the module raises."""
        self.visit(self.module.tree)
        return self.entries

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Inside of an error class, `super().__init__` is what gives message and hint."""
        before = self.errors
        self.errors = node.name not in _BASES and any(isinstance(b, ast.Name) and b.id in _BASES for b in node.bases)
        self.generic_visit(node)
        self.errors = before

    def visit_FunctionDef(self, node: Function) -> None:
        """Remember the function."""
        self.around.insert(0, node)
        self.generic_visit(node)
        self.around.pop(0)

    def visit_Call(self, node: ast.Call) -> None:
        """Note the error, if the call makes one."""
        named = node.func.id if isinstance(node.func, ast.Name) else ""
        if named == "Verdict" and len(node.args) > 2:
            self.entries.append(self._verdict(node))
        raised = named in self.known or (self.errors and ast.unparse(node.func) == "super().__init__")
        if raised and node.args and not self._copies(node):
            self.entries.append(self._entry(node))
        self.generic_visit(node)

    def visit_Module(self, node: ast.Module) -> None:
        """Two statements side by side, `console.error(…)` and `console.hint(…)`, are an error too."""
        for inner in ast.walk(node):
            for block in (getattr(inner, field, None) for field in ("body", "orelse")):
                self.entries.extend(self._said(block) if isinstance(block, list) else ())
        self.generic_visit(node)

    def _said(self, block: list[ast.stmt]) -> Iterator[Entry]:
        for statement, following in itertools.zip_longest(block, block[1:]):
            error, hint = _argument(statement, "console.error"), _argument(following, "console.hint")
            if error and not isinstance(error, ast.Name):
                scope = Scope(self.package, self.module)
                yield Entry(
                    self.module.path,
                    error.lineno,
                    tuple(templates(error, scope)),
                    tuple(templates(hint, scope)) if hint else ("",),
                    "",
                )

    @staticmethod
    def _copies(node: ast.Call) -> bool:
        """Whether it only says again what another error said."""
        return isinstance(node.args[0], ast.Attribute) and node.args[0].attr == "message"

    def _verdict(self, node: ast.Call) -> Entry:
        """A fault of the gate `references`, which has a place and is shown with the others."""
        scope = Scope(self.package, self.module, tuple(self.around))
        said = [text for text in templates(node.args[2], scope) if text]
        return Entry(self.module.path, node.lineno, tuple(said), (), "")

    def _entry(self, node: ast.Call) -> Entry:
        scope = Scope(self.package, self.module, tuple(self.around))
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        hint = node.args[1] if len(node.args) > 1 else named.get("hint")
        hints = [text for text in templates(hint, scope) if text] if hint else []
        about = next((ast.get_docstring(function) or "" for function in self.around if ast.get_docstring(function)), "")
        return Entry(
            self.module.path, node.lineno, tuple(templates(node.args[0], scope)), tuple(hints), about.partition("\n")[0]
        )


def _argument(statement: ast.stmt | None, function: str) -> ast.expr | None:
    """The only argument of a statement that calls this function."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if ast.unparse(call.func) == function and len(call.args) == 1:
            return call.args[0]
    return None
