"""The files of a tree that no component renders: Flux's, kustomize's, the accounts'. They follow from the lock."""

from __future__ import annotations

from penstock.gitops import objects as flux
from penstock.hydrate import accounts, order
from penstock.hydrate.lock import LockedComponent
from penstock.tools.flux import NAMESPACE


def files(environment: str, components: dict[str, LockedComponent]) -> dict[str, bytes]:
    """The files by path; PenstockError where components collide with them, need each other, or need what is absent."""
    found: dict[str, bytes] = {}
    # A component that renders nothing in this environment has no folder and no Kustomization.
    present = {name: component for name, component in components.items() if component.files}
    rights = accounts.accounts(present)
    for name, component in present.items():
        own = rights.files.get(name, {})
        found |= {f"{name}/{file}": data for file, data in own.items()}
        found[f"{name}/{flux.INDEX}"] = flux.index([*component.files, *own])
    synced = rights.synced | {
        f"kustomization-{name}.yaml": flux.component_file(
            environment, name, needed, rights.of.get(name, ""), waits=not order.is_relay(present[name])
        )
        for name, needed in order.order(present).items()
    }
    found |= {f"{NAMESPACE}/{file}": data for file, data in synced.items()}
    found[f"{NAMESPACE}/{flux.INDEX}"] = flux.index(list(synced))
    return found
