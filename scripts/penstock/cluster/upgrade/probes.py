"""Whether the custom resources of a cluster would still be accepted: a changed definition isn't applied to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from penstock.kube.ref import Content, ObjectRef
from penstock.tools.kubectl import Kubectl

# What the API server writes.
_SERVER = (
    "creationTimestamp",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "uid",
    "finalizers",
)


def refused(kubectl: Kubectl, definitions: Iterable[Content]) -> dict[str, str]:
    """Return the objects of these CustomResourceDefinitions that could not be created again: id -> the server's words.

    The API server lets an object keep a value that its schema no longer allows, until it is changed or restored.
    """
    return {
        ObjectRef.of(item).id: words
        for definition in definitions
        for item in _objects(kubectl, definition)
        if (words := _answer(kubectl, item))
    }


def _objects(kubectl: Kubectl, definition: Content) -> Iterator[Content]:
    spec = definition["spec"]
    versions = [version["name"] for version in spec.get("versions", []) if version.get("served")]
    for version in versions[:1]:
        kind = f"{spec['names']['plural']}.{version}.{spec['group']}"
        found = kubectl.run("get", kind, "-A", "-o", "name", "--ignore-not-found", ok=(0, 1))
        if found.code == 0 and found.text.strip():
            yield from kubectl.get(kind, "-A")


def _answer(kubectl: Kubectl, item: Content) -> str:
    """The API server's refusal of a copy with another name, in a dry run; empty if it accepts it."""
    copy = _copy(item)
    result = kubectl.run(
        "create", "--dry-run=server", "-o", "name", "-f", "-", stdin=msgspec.json.encode(copy), ok=(0, 1)
    )
    return " ".join(result.complaint.split()) if result.code else ""


def _copy(item: Content) -> dict[str, Any]:
    metadata = {key: value for key, value in item["metadata"].items() if key not in (*_SERVER, "name")}
    metadata["generateName"] = f"{item['metadata']['name'][:40]}-"
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}
