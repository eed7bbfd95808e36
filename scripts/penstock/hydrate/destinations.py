"""Environments whose manifests are on a branch of their own: the clone of it in manifests/NAME."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.hydrate.index import Index
from penstock.hydrate.tree import is_repository
from penstock.platform import environments
from penstock.platform.destination import Destination
from penstock.platform.environments import shown
from penstock.platform.layout import Layout, Limit
from penstock.tools.git import git


def of(layout: Layout, names: Iterable[str]) -> dict[str, Destination]:
    """Return those of some environments whose manifests are on a branch of their own, each with its destination.

    Raises Findings if two of them have the same branch, and for a password in an address.
    """
    if not environments.has_destinations(layout):
        return {}
    found = {name: each for name in names if (each := environments.destination(layout, name))}
    lines = [f"environments: the address of {name}'s manifests has a password in it" for name in _unsafe(found)]
    if lines:
        raise Findings(lines, "take it out: git asks its credential helper")
    taken: dict[tuple[str, str | None], str] = {}
    for name, each in found.items():
        other = taken.setdefault((plain(each.repository or ""), each.branch), name)
        if other != name:
            lines.append(f"the manifests of {other} and {name} are on the same branch: {each.branch}")
    if lines:
        raise Findings(lines, "give each a `manifests.branch` of its own; it is by default the environment's name")
    return found


def absent(layout: Layout, names: Iterable[str]) -> list[str]:
    """Return those of some environments whose manifests are on a branch of their own that isn't checked out here."""
    return [name for name in of(layout, names) if not is_checked_out(layout, name)]


def is_checked_out(layout: Layout, name: str) -> bool:
    """Whether the own branch of an environment is checked out here."""
    return is_repository(layout.tree(name))


def present(layout: Layout, asked: bool) -> Layout:
    """Return the platform without the environments whose own branch isn't checked out, which are named.

    Raises PenstockError for one that is `asked` for by name.
    """
    names = environments.chosen(layout)
    missing = absent(layout, names)
    if not missing:
        return layout
    if asked:
        raise refusal(layout, missing[0])
    if len(missing) == 1:
        said = "is left out: its manifests are on a branch that is not checked out; `inv hydrate -e {}` clones it"
    else:
        said = "are left out: their manifests are on branches that are not checked out; `inv hydrate -e {}` clones one"
    console.warn(f"{shown(missing, names)} {said.format(missing[0])}")
    kept = layout.limits if layout.limits is not None else map(Limit, names)
    return replace(layout, limits=tuple(each for each in kept if each.environment not in missing))


def refusal(layout: Layout, name: str) -> PenstockError:
    """Return the error for an environment whose own branch isn't checked out."""
    return PenstockError(f"{layout.relative(layout.tree(name))} is not checked out", f"run `inv hydrate -e {name}`")


def faults(layout: Layout, found: Iterable[str], index: Index | None) -> list[str]:
    """Return a line for each of these environments whose manifests would get into the commit of the sources, too."""
    trees = [layout.relative(layout.tree(name)) for name in found]
    if index is None or not trees:
        return []
    tracked = [tree for tree in trees if index.holds(layout.root / tree)]
    names = "".join(f"{tree}/\0" for tree in trees)
    answer = git(layout.root, "check-ignore", "-z", "--no-index", "--stdin", stdin=os.fsencode(names), ok=(0, 1))
    ignored = os.fsdecode(answer.stdout).split("\0")
    lines = [f"{tree} is on a branch of its own, but tracked here: git rm -r --cached {tree}" for tree in tracked]
    return lines + [
        f"{tree} is on a branch of its own, but not ignored here: echo /{tree}/ >> .gitignore"
        for tree in trees
        if f"{tree}/" not in ignored
    ]


def plain(url: str) -> str:
    """Return an address to compare: a clone may use SSH where the environment's file has HTTPS."""
    # Here: the fast check has no time for what most platforms don't need.
    from penstock.gitops.remote import https

    return https(url).removesuffix("/").removesuffix(".git").removesuffix("/")


def _unsafe(found: Mapping[str, Destination]) -> list[str]:
    return [name for name, each in found.items() if each.has_password]
