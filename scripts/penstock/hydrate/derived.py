"""The files of a tree that no component renders: for Flux, kustomize and accounts. They are derived from the lock."""

from __future__ import annotations

import re
from functools import lru_cache

from penstock.gitops import objects as flux
from penstock.hydrate import accounts, order
from penstock.hydrate.labels import ReadLabels, unknown
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.parts import units
from penstock.hydrate.shape import Shape
from penstock.kube.flux import NAMESPACE

# Stands for the tree's place, the only thing in which the files of environments with the same shape differ.
_ANY = "manifests/ENVIRONMENT"
_FLUX = f"{NAMESPACE}/kustomization-"
# A path that YAML never quotes.
_PLAIN = re.compile(r"[a-z0-9./-]*")


def files(place: str, shape: Shape, labels: ReadLabels) -> dict[str, bytes]:
    """Return the files by path; `place` is the tree's folder in the repository that Flux reads, empty for all of it.

    Raises PenstockError for a collision, a cycle or a missing dependency.
    """
    if shape.reads_labels or not _PLAIN.fullmatch(place):
        return _files(place, shape.components, labels)
    equal, own = _of_shape(shape)
    start = f" ./{place}/".encode() if place else b" ./"
    return equal | {path: start.join(parts) for path, parts in own.items()}


@lru_cache(maxsize=64)
def _of_shape(shape: Shape) -> tuple[dict[str, bytes], dict[str, list[bytes]]]:
    """Return the files that don't contain the tree's place, and the texts around it in the others."""
    found = _files(_ANY, shape.components, unknown)
    own = {path: data.split(f" ./{_ANY}/".encode()) for path, data in found.items() if path.startswith(_FLUX)}
    return {path: data for path, data in found.items() if path not in own}, own


def _files(place: str, components: dict[str, LockedComponent], labels: ReadLabels) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    # A component that renders nothing in this environment has no folder and no Kustomization.
    present = units(components)
    rights = accounts.accounts(present)
    for name, unit in present.items():
        own = rights.files.get(name, {})
        found |= {f"{name}/{file}": data for file, data in own.items()}
        found[f"{name}/{flux.INDEX}"] = flux.index([*unit.files, *own])
    synced = rights.synced | {
        f"kustomization-{name}.yaml": flux.component_file(
            place,
            name,
            needed,
            rights.of.get(name, ""),
            waits=not order.is_relay(present[name]),
            force=name not in components,
        )
        for name, needed in order.order(components, labels).items()
    }
    found |= {f"{NAMESPACE}/{file}": data for file, data in synced.items()}
    found[f"{NAMESPACE}/{flux.INDEX}"] = flux.index(list(synced))
    return found
