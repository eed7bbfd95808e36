"""Compare a computed tree with the one on disk, object by object."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.core.files import sha256
from penstock.hydrate import lock
from penstock.hydrate.tree import Tree
from penstock.platform.layout import LOCK_NAME


@dataclass(frozen=True)
class Change:
    """A file that differs: `what` is added, changed or removed; `path` is relative to the tree."""

    what: str
    path: str


def changes(tree: Tree) -> list[Change]:
    """Return the changes that writing the tree would make on disk, including the lock, sorted by path."""
    old = tree.old
    new = {path: old.get(path, "") if data is None else sha256(data) for path, data in tree.files.items()}
    new[LOCK_NAME] = sha256(lock.encode(tree.lock))
    found = [Change("added", path) for path in new.keys() - old.keys()]
    found += [Change("removed", path) for path in old.keys() - new.keys()]
    found += [Change("changed", path) for path in new.keys() & old.keys() if new[path] != old[path]]
    return sorted(found, key=lambda change: change.path)
