"""The CustomResourceDefinitions by which custom resources are validated, from all of their sources."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from penstock.cluster import operators
from penstock.cluster.operators import DEFINES
from penstock.core.errors import Findings
from penstock.core.yaml import parse_all
from penstock.gates.kubeconform.kubernetes import Kind
from penstock.gitops import mirror
from penstock.platform.manifests import Manifests
from penstock.tools import flux

Object = dict[str, Any]


def collect(environment: str, manifests: Manifests) -> list[Object]:
    """Every CRD of Flux, of nested Flux Kustomizations, of operators, and of the manifests themselves, in this order.

    The last one of a name wins. Raises Findings if a nested Kustomization declares other kinds than its source defines.
    """
    objects = manifests.all_objects()
    nested = [item for item in objects if is_nested(item)]
    applied = {item["metadata"]["name"]: mirrored(manifests, item) for item in nested}
    _refuse_other_kinds(environment, nested, applied)
    external = [item for items in applied.values() for item in items]
    of_flux = [item for path in flux.crds() for item in _documents(path)]
    every = [*of_flux, *external, *operators.crds(objects), *objects]
    return list({item["metadata"]["name"]: item for item in every if is_crd(item)}.values())


def kinds(definition: Object) -> set[Kind]:
    """The kinds that a definition serves."""
    spec = definition["spec"]
    return {
        Kind(spec["group"], version["name"], spec["names"]["kind"])
        for version in spec["versions"]
        if version.get("served")
    }


def is_crd(item: Object) -> bool:
    """Whether an object is a definition with complete names of its kinds; an incomplete one has its own finding."""
    if item["kind"] != "CustomResourceDefinition":
        return False
    try:
        return bool(kinds(item))
    except (AttributeError, KeyError, TypeError):
        return False


def is_nested(item: Object) -> bool:
    """Whether an object is a Flux Kustomization; among manifests, one by which a component applies a further source."""
    return bool(item["kind"] == "Kustomization" and item["apiVersion"].startswith("kustomize.toolkit.fluxcd.io/"))


def mirrored(manifests: Manifests, item: Object) -> list[Object]:
    """The objects that a nested Kustomization applies, read from the Go module that replaces its source."""
    return [document for path in mirror.applied(manifests, item) for document in _documents(path)]


@cache
def _documents(path: Path) -> tuple[Object, ...]:
    """The objects in a file of a module; cached, since they are the same in every environment."""
    return tuple(parse_all(path.read_bytes(), path))


def _refuse_other_kinds(environment: str, nested: list[Object], applied: dict[str, list[Object]]) -> None:
    """Compare the annotation, from which the order of the components is derived, with the definitions in the source."""
    for item in nested:
        name = item["metadata"]["name"]
        declared = set(item["metadata"].get("annotations", {}).get(DEFINES, "").strip().splitlines())
        actual = {
            f"{defined['spec']['group']}/{defined['spec']['names']['kind']} {defined['spec']['scope']}"
            for defined in applied[name]
            if defined["kind"] == "CustomResourceDefinition"
        }
        if declared != actual:
            raise Findings(
                [f"{environment}: Kustomization {name}: {DEFINES} lacks `{line}`" for line in sorted(actual - declared)]
                + [
                    f"{environment}: Kustomization {name}: {DEFINES} has `{line}`, which its source does not define"
                    for line in sorted(declared - actual)
                ],
                "fix the annotation in components/, then `inv hydrate`",
            )
