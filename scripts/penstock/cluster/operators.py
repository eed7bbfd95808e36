"""Definitions that operators make when they start, for clusters in which none of them runs.

Which they are is what the operator's annotation penstock/defines says; what is in them is in the operator's module.
"""

from __future__ import annotations

from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.model import parse_all
from penstock.core.process import Command
from penstock.tools.kubectl import PENSTOCK, Kubectl
from penstock.tools.modules import OPERATORS

DEFINES = "penstock/defines"


def definitions(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
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


def commands(kubectl: Kubectl, objects: list[dict[str, Any]]) -> list[Command]:
    """What `apply` runs where nothing is defined yet."""
    made = definitions(objects)
    return [kubectl.applying(made, PENSTOCK)] if made else []


def apply(kubectl: Kubectl, objects: list[dict[str, Any]]) -> list[str]:
    """Make what the operators would make, and wait until the API server serves it; gives the names."""
    made = definitions(objects)
    names = [item["metadata"]["name"] for item in made]
    if names and not set(names) <= {item["metadata"]["name"] for item in kubectl.get("customresourcedefinitions")}:
        kubectl.apply(made, PENSTOCK)
        wanted = [f"customresourcedefinition.apiextensions.k8s.io/{name}" for name in names]
        kubectl.run("wait", "--for=condition=Established", "--timeout=30s", *wanted)
    return names


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
    for path in sorted((module.root / module.inside).rglob("*.yaml")):
        for found in parse_all(path.read_bytes(), path):
            names, its = found["spec"]["names"], found["spec"]["scope"]
            if (found["spec"]["group"], names["kind"]) == (group, kind) and its == scope:
                return dict(found)
    raise PenstockError(f"{where}: {module.path} {module.version} does not define `{line}`", "mend the annotation")
