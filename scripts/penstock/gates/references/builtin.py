"""Objects that every cluster has, from builtin.yaml next to this module."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from penstock.core.model import Strict, load
from penstock.platform.external import ExternalObject

FILE = Path(__file__).with_name("builtin.yaml")
EVERY_NAMESPACE = "*"


class Entry(Strict, frozen=True):
    """Objects of a kind. `since` is the first Kubernetes version with them, `sources` maps providers to their origin.

    Objects with `sources` are absent from a bare control plane, but present in the clusters of all providers.
    """

    kind: str
    names: list[str]
    namespace: str = ""
    since: str = ""
    keys: list[str] = []
    ports: list[int] = []
    labels: dict[str, str] = {}
    sources: dict[str, str] = {}


@cache
def entries() -> tuple[Entry, ...]:
    """The entries of builtin.yaml; raises PenstockError if it has unknown keys."""
    return tuple(load(FILE, list[Entry], FILE.name))


@cache
def objects(version: str) -> tuple[ExternalObject, ...]:
    """The objects that every cluster of a Kubernetes version has, 1.35.5 for example."""
    return tuple(
        ExternalObject(
            "",
            entry.kind,
            entry.namespace,
            name,
            "Kubernetes",
            keys=frozenset(entry.keys),
            ports=tuple(entry.ports),
            labels=tuple(entry.labels.items()),
        )
        for entry in entries()
        if not entry.since or _minor(entry.since) <= _minor(version)
        for name in entry.names
    )


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.lstrip("v").split(".")[:2])
