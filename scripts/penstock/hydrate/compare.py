"""A computed tree against the one on disk: what was added, changed and removed, object by object."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.core.files import sha256
from penstock.core.layout import LOCK_NAME, Layout
from penstock.hydrate import lock
from penstock.hydrate.lock import Lock
from penstock.hydrate.parts import units
from penstock.hydrate.select import Inputs, components, stale
from penstock.hydrate.tree import Tree, on_disk


@dataclass(frozen=True)
class Change:
    """A file of a tree that differs: `what` is added, changed or removed; `path` is relative to the tree."""

    what: str
    path: str


def changes(tree: Tree) -> list[Change]:
    """What writing the tree would change on disk, the lock included, sorted by path."""
    old = tree.old
    new = {path: old.get(path, "") if data is None else sha256(data) for path, data in tree.files.items()}
    new[LOCK_NAME] = sha256(lock.encode(tree.lock))
    found = [Change("added", path) for path in new.keys() - old.keys()]
    found += [Change("removed", path) for path in old.keys() - new.keys()]
    found += [Change("changed", path) for path in new.keys() & old.keys() if new[path] != old[path]]
    return sorted(found, key=lambda change: change.path)


def fast_findings(layout: Layout, environment: str) -> list[str]:
    """What digests alone tell, with no program run: stale components, and manifests that aren't what was written."""
    held = lock.read(layout.tree(environment), f"manifests/{environment}")
    if held is lock.EMPTY or not held.components:
        return [f"manifests/{environment} was never hydrated"]
    found = components(layout, environment)
    names = {component.name for component in found}
    findings = _changed(environment, [item.name for item in stale(Inputs(layout, environment), found, held)])
    findings += [
        f"components/{name} is gone, but manifests/{environment}/{name} is still there"
        for name in held.components
        if name not in names
    ]
    return findings + _tampered(layout, environment, held)


def _changed(environment: str, stale_names: list[str]) -> list[str]:
    """One line, however many: a changed environment or chart makes all of its components stale."""
    if len(stale_names) < 2:
        return [f"components/{name} changed since manifests/{environment}/{name} was hydrated" for name in stale_names]
    more = f" and {len(stale_names) - 3} more" if len(stale_names) > 3 else ""
    shown = ", ".join(stale_names[:3]) + more
    return [f"manifests/{environment} is stale: what it is made of changed since it was hydrated ({shown})"]


def _tampered(layout: Layout, environment: str, held: Lock) -> list[str]:
    actual = on_disk(layout, environment)
    actual.pop(LOCK_NAME, None)
    wanted = dict(held.flux)
    for name, unit in units(held.components).items():
        wanted |= {f"{name}/{file}": locked.sha256 for file, locked in unit.files.items()}
    shown = f"manifests/{environment}"
    findings = [
        f"{shown}/{path} was edited by hand" for path in wanted if path in actual and actual[path] != wanted[path]
    ]
    findings += [f"{shown}/{path} is missing: it was deleted by hand" for path in wanted if path not in actual]
    findings += [f"{shown}/{path} is not of our making: an extra file" for path in actual if path not in wanted]
    return sorted(findings)
