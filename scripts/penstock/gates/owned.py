"""The objects that Flux owns in a cluster, and their changes between two reads."""

from __future__ import annotations

from penstock.gitops import status
from penstock.kube.objects import Object
from penstock.kube.ref import Content, ObjectRef
from penstock.tools.kubectl import Kubectl

_LABEL = "kustomize.toolkit.fluxcd.io/name"
# Requests a reconciliation; it changes nothing that Flux applies.
_REQUESTED = "reconcile.fluxcd.io/requestedAt"
# The API server maintains these.
_SERVER_FIELDS = ("managedFields", "resourceVersion")


def kinds(kubectl: Kubectl) -> list[str]:
    """Every kind in Flux's inventories, as Kind.group for kubectl, sorted."""
    entries = [entry for item in status.kustomizations(kubectl).values() for entry in item.inventory]
    pairs = {tuple(entry.rsplit("_", 2)[1:]) for entry in entries}
    return sorted(f"{kind}.{group}" if group else kind for group, kind in pairs)


def read(kubectl: Kubectl, names: list[str]) -> dict[str, Object]:
    """Inventory id -> object, for every object of these kinds with Flux's label.

    Fields that the API server and controllers maintain are left out.
    """
    return {
        ObjectRef.of(item).inventory_id: Object(item["metadata"]["labels"][_LABEL], _content(item))
        for item in (kubectl.get(",".join(names), "-A", "-l", _LABEL) if names else [])
    }


def differences(before: dict[str, Object], after: dict[str, Object]) -> list[str]:
    """One line for each object that is missing, new or changed since `before`."""
    lines = [f"{key} is gone" for key in before if key not in after]
    lines += [f"{key} is new" for key in after if key not in before]
    return lines + [
        f"{key} was changed: {', '.join(_parts(before[key].content, after[key].content))}"
        for key in before
        if key in after and before[key].content != after[key].content
    ]


def _content(item: Content) -> Content:
    """An object without what its controller writes; without a status it has no controller, so its version counts."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in _SERVER_FIELDS}
    metadata["annotations"] = {key: text for key, text in metadata.get("annotations", {}).items() if key != _REQUESTED}
    if "status" not in item and "generation" not in metadata:
        metadata["resourceVersion"] = item["metadata"]["resourceVersion"]
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def _parts(one: Content, other: Content) -> list[str]:
    """The fields in which two objects differ, up to two levels deep: `metadata.generation`, `spec.replicas`."""
    fields = []
    for key in sorted(one.keys() | other.keys()):
        left, right = one.get(key), other.get(key)
        if left != right and isinstance(left, dict) and isinstance(right, dict):
            fields += [
                f"{key}.{inner}" for inner in sorted(left.keys() | right.keys()) if left.get(inner) != right.get(inner)
            ]
        elif left != right:
            fields.append(key)
    return fields
