"""Definitions that operators create when they start, for clusters without running operators.

The operator's annotation penstock/defines lists them; their contents come from the operator's Go module.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.yaml import parse_all
from penstock.tools.modules import OPERATORS, Module

DEFINES = "penstock/defines"


def crds(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The CustomResourceDefinitions of the operators among some objects, sorted by name.

    Flux Kustomizations are skipped, since their sources contain the definitions. Raises PenstockError for a kind that
    the operator's module doesn't define, or defines in another scope.
    """
    definitions = {}
    for item in objects:
        for line in _declared(item) if item["kind"] != "Kustomization" else ():
            if line.strip():
                definition = _definition(item, line.strip())
                definitions[definition["metadata"]["name"]] = definition
    return [definitions[name] for name in sorted(definitions)]


def _declared(item: dict[str, Any]) -> list[str]:
    metadata = item.get("metadata")
    # The gate kubeconform reports what is no object.
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return str((annotations or {}).get(DEFINES, "")).split("\n")


def _definition(item: dict[str, Any], line: str) -> dict[str, Any]:
    group, _, rest = line.partition("/")
    kind, _, scope = rest.partition(" ")
    where = f"{item['kind']} {item['metadata']['name']}: {DEFINES}"
    module = OPERATORS.get(group)
    if module is None:
        raise PenstockError(
            f"{where}: no known module defines {group}",
            "add the operator's Go module to OPERATORS in scripts/penstock/tools/modules.py",
        )
    for definition in _all(module):
        spec = definition["spec"]
        if (spec["group"], spec["names"]["kind"], spec["scope"]) == (group, kind, scope):
            return dict(definition)
    raise PenstockError(f"{where}: {module.path} {module.version} does not define `{line}`", "fix the annotation")


@cache
def _all(module: Module) -> list[dict[str, Any]]:
    """Every definition of an operator's module."""
    files = sorted((module.root / module.inside).rglob("*.yaml"))
    return [definition for path in files for definition in parse_all(path.read_bytes(), path)]
