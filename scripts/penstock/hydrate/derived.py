"""The files of a tree that no component renders: for Flux, kustomize and accounts. They are derived from the lock."""

from __future__ import annotations

from penstock.gitops import objects as flux
from penstock.hydrate import accounts, order
from penstock.hydrate.labels import ReadLabels
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.parts import units
from penstock.kube.flux import NAMESPACE


def files(place: str, components: dict[str, LockedComponent], labels: ReadLabels) -> dict[str, bytes]:
    """Return the files by path; `place` is the tree's folder in the repository that Flux reads.

    Raises PenstockError for a collision, a cycle or a missing dependency."""
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
