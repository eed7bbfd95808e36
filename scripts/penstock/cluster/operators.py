"""Definitions that operators make when they start, for clusters in which none of them runs.

Which they are is what the operator's annotation penstock/defines says; what is in them is in the operator's module.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.yaml import parse_all
from penstock.tools.modules import OPERATORS, Module

DEFINES = "penstock/defines"


def crds(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The CustomResourceDefinitions that the operators among some objects make, by name.

    PenstockError for a kind that its operator's module does not define, or defines in another scope. Kustomizations of
    Flux, which bring theirs from a source, are none of these.
    """
    found = {}
    for item in objects:
        for line in _said(item) if item["kind"] != "Kustomization" else ():
            if line.strip():
                definition = _definition(item, line.strip())
                found[definition["metadata"]["name"]] = definition
    return [found[name] for name in sorted(found)]


def _said(item: dict[str, Any]) -> list[str]:
    metadata = item.get("metadata")
    # What isn't even an object has its own finding, in the gate kubeconform.
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return str((annotations or {}).get(DEFINES, "")).split("\n")


def _definition(item: dict[str, Any], line: str) -> dict[str, Any]:
    group, _, rest = line.partition("/")
    kind, _, scope = rest.partition(" ")
    where = f"{item['kind']} {item['metadata']['name']}: {DEFINES}"
    module = OPERATORS.get(group)
    if module is None:
        raise PenstockError(
            f"{where}: nothing here has the definitions of {group}",
            "add the operator's Go module to OPERATORS in scripts/penstock/tools/modules.py",
        )
    for found in _all(module):
        names, its = found["spec"]["names"], found["spec"]["scope"]
        if (found["spec"]["group"], names["kind"]) == (group, kind) and its == scope:
            return dict(found)
    raise PenstockError(f"{where}: {module.path} {module.version} does not define `{line}`", "fix the annotation")


@cache
def _all(module: Module) -> list[dict[str, Any]]:
    """Every definition of an operator's module."""
    files = sorted((module.root / module.inside).rglob("*.yaml"))
    return [found for path in files for found in parse_all(path.read_bytes(), path)]
