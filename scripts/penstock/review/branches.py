"""The ends of a review for environments whose manifests are on a branch of their own: its commit, and the files."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.errors import PenstockError
from penstock.hydrate import checkouts, destinations
from penstock.platform import environments
from penstock.platform.environments import shown
from penstock.platform.layout import LOCK_NAME, Layout
from penstock.review import trees
from penstock.review.trees import Trees
from penstock.tools import revisions


def names(layout: Layout) -> list[str]:
    """Return the environments of a platform whose manifests are on a branch of their own; none if it is unreadable."""
    try:
        listed = environments.chosen(layout)
    except PenstockError:
        return []  # two commits can be compared all the same
    return [*destinations.of(layout, listed)]


def replace(layout: Layout, before: Trees, after: Trees) -> Iterator[str]:
    """Put both ends of these environments into the trees, and yield notes about them.

    An environment whose branch isn't checked out is left out. One that has just moved to its branch is compared with
    its manifests among the sources. Raises PenstockError if a folder is the clone of something else.
    """
    every = destinations.of(layout, names(layout))
    absent = destinations.absent(layout, every)
    present = [name for name in every if name not in absent]
    checkouts.refuse_other(layout, {name: every[name] for name in present})
    for name in absent:
        before.pop(name, None)
        after.pop(name, None)
    for name in present:
        tree, tip = layout.tree(name), checkouts.published(layout, name)
        if tip and not revisions.differing(tree, tip):
            lock = tree / LOCK_NAME
            before[name] = after[name] = {LOCK_NAME: lock.read_bytes()} if lock.is_file() else {}
            continue
        if tip:
            before[name] = trees.of_branch(tree, tip)
        after[name] = trees.on_disk(tree)
    if absent:
        yield left_out(absent, "not checked out: `inv hydrate -e NAME` clones it")
    if present:
        branch = "branch of its manifests publishes" if len(present) == 1 else "branches of their manifests publish"
        yield f"the base of {shown(present)} is what the {branch}"


def left_out(names: list[str], reason: str) -> str:
    """Return the line about environments that a review leaves out."""
    if len(names) == 1:
        return f"{names[0]} is left out: the branch of its manifests is {reason}"
    return f"{shown(names)} are left out: the branches of their manifests are {reason}"
