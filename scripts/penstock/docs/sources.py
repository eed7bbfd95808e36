"""The engine's own modules as syntax trees: what a name in one of them stands for."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

Function = ast.FunctionDef


@dataclass
class Module:
    """One module: its path from the package's root, such as hydrate/order.py, and what it defines and imports."""

    path: str
    tree: ast.Module
    functions: dict[str, Function]
    constants: dict[str, ast.expr]
    imports: dict[str, str]
    """Local name -> dotted name of what was imported: a module, or a name in one."""


class Package:
    """All modules of a package, by dotted name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: dict[str, Module] = {}
        for file in sorted(folder.rglob("*.py")):
            parts = [folder.name, *file.relative_to(folder).with_suffix("").parts]
            dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            self.modules[dotted] = _module(file.relative_to(folder).as_posix(), ast.parse(file.read_bytes()))
        self._methods: dict[str, list[tuple[Module, Function]]] = {}
        for module in self.modules.values():
            for owner in (node for node in module.tree.body if isinstance(node, ast.ClassDef)):
                for node in owner.body:
                    if isinstance(node, Function):
                        self._methods.setdefault(node.name, []).append((module, node))

    def function(self, module: Module, called: ast.expr) -> tuple[Module, Function] | None:
        """The function of this package that a call in a module means, with its own module; None for all others."""
        if isinstance(called, ast.Name) and called.id in module.functions:
            return module, module.functions[called.id]
        found = self._named(module, called)
        if found and found[1] in found[0].functions:
            return found[0], found[0].functions[found[1]]
        # A method whose name nothing else has.
        same = self._methods.get(called.attr, []) if isinstance(called, ast.Attribute) else []
        return same[0] if len(same) == 1 else None

    def constant(self, module: Module, named: ast.expr) -> tuple[Module, ast.expr] | None:
        """What a constant at the top of a module is set to, there or where it is imported from; None for all others."""
        if isinstance(named, ast.Name) and named.id in module.constants:
            return module, module.constants[named.id]
        found = self._named(module, named)
        return (found[0], found[0].constants[found[1]]) if found and found[1] in found[0].constants else None

    def _named(self, module: Module, node: ast.expr) -> tuple[Module, str] | None:
        """Another module and a name in it: of an imported name, or of `module.name`."""
        if isinstance(node, ast.Name) and node.id in module.imports:
            source, name = module.imports[node.id].rsplit(".", 1)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in module.imports:
            source, name = module.imports[node.value.id], node.attr
        else:
            return None
        return (self.modules[source], name) if source in self.modules else None


def _module(path: str, tree: ast.Module) -> Module:
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants[node.targets[0].id] = node.value
    functions = {node.name: node for node in tree.body if isinstance(node, Function)}
    imports = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return Module(path, tree, functions, constants, imports)
