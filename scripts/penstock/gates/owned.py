"""What Flux owns in a cluster, and whether any of it was changed between two looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from penstock.gitops import status
from penstock.kube.ref import ObjectRef
from penstock.tools.kubectl import Kubectl

_LABEL = "kustomize.toolkit.fluxcd.io/name"
# Flux is asked to look again by this annotation; that is no change of what it applies.
_ASKED = "reconcile.fluxcd.io/requestedAt"
# What the API server and the controllers of a kind keep in an object themselves.
_NOT_OURS = ("managedFields", "resourceVersion")


@dataclass(frozen=True)
class Owned:
    """An object that a Kustomization owns, and what of it only a write of somebody changes."""

    component: str
    content: dict[str, Any]


def kinds(kubectl: Kubectl) -> list[str]:
    """Every kind that is in an inventory of Flux, as kubectl takes it: Kind.group."""
    entries = [entry for item in status.kustomizations(kubectl).values() for entry in item.inventory]
    found = {tuple(entry.rsplit("_", 2)[1:]) for entry in entries}
    return sorted(f"{kind}.{group}" if group else kind for group, kind in found)


def read(kubectl: Kubectl, of: list[str]) -> dict[str, Owned]:
    """Every object of these kinds that carries the label by which Flux knows its own, by its id in inventories."""
    return {
        ObjectRef.of(item).inventory_id: Owned(item["metadata"]["labels"][_LABEL], _content(item))
        for item in (kubectl.get(",".join(of), "-A", "-l", _LABEL) if of else [])
    }


def differences(before: dict[str, Owned], after: dict[str, Owned]) -> list[str]:
    """One line for every object that is gone, is new, or was written to."""
    lines = [f"{key} is gone" for key in before if key not in after]
    lines += [f"{key} is new" for key in after if key not in before]
    return lines + [
        f"{key} was changed: {', '.join(_parts(before[key].content, after[key].content))}"
        for key in before
        if key in after and before[key].content != after[key].content
    ]


def _content(item: dict[str, Any]) -> dict[str, Any]:
    """An object without what its controller writes; one without a status has no such writer, so its version counts."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in _NOT_OURS}
    metadata["annotations"] = {key: text for key, text in metadata.get("annotations", {}).items() if key != _ASKED}
    if "status" not in item and "generation" not in metadata:
        metadata["resourceVersion"] = item["metadata"]["resourceVersion"]
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def _parts(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The fields in which two objects differ, two steps deep: `metadata.generation`, `spec.replicas`."""
    found = []
    for key in sorted(one.keys() | other.keys()):
        left, right = one.get(key), other.get(key)
        if left != right and isinstance(left, dict) and isinstance(right, dict):
            found += [
                f"{key}.{inner}" for inner in sorted(left.keys() | right.keys()) if left.get(inner) != right.get(inner)
            ]
        elif left != right:
            found.append(key)
    return found
