"""The clones in manifests/NAME of the branches that environments have of their own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.files import writing
from penstock.hydrate import destinations
from penstock.hydrate.index import Index
from penstock.platform.destination import Destination
from penstock.platform.layout import LOCK_NAME, Layout
from penstock.tools import clone, revisions
from penstock.tools.git import git, prefix
from penstock.tools.repository import Repository

_ORIGIN = "origin"


def prepare(layout: Layout, found: Mapping[str, Destination], index: Index | None) -> None:
    """Clone the branches of some environments that aren't checked out, and check the others; nothing else is changed.

    Raises PenstockError for a repository that git can't read, a branch or a folder with something else in it, and if
    the source repository tracks the folder.
    """
    if lines := destinations.faults(layout, found, index):
        raise Findings(lines, "the manifests would be in both repositories: run this, commit, then try again")
    for name, each in found.items():
        if destinations.is_checked_out(layout, name):
            _refuse_other(layout, name, each)
        else:
            _clone(layout, name, each)


def refuse_left(layout: Layout, names: Iterable[str], found: Mapping[str, Destination]) -> None:
    """Raise PenstockError if the tree of an environment without a branch of its own still is a clone."""
    for name in names:
        if name not in found and destinations.is_checked_out(layout, name):
            shown = layout.relative(layout.tree(name))
            raise PenstockError(
                f"{shown} is a repository of its own, but its environment names no branch for it",
                f"name it in `manifests.branch`; or push it, delete {shown}/.git and take it out of .gitignore",
            )


def refuse_other(layout: Layout, found: Mapping[str, Destination]) -> None:
    """Raise PenstockError if one of these environments, which are checked out, is the clone of something else."""
    for name, each in found.items():
        _refuse_other(layout, name, each)


def published(layout: Layout, name: str) -> str:
    """Return the commit that the own branch of an environment publishes, else its HEAD; empty before the first one."""
    tree = layout.tree(name)
    for revision in ("@{upstream}^{commit}", "HEAD^{commit}"):
        found = git(tree, "rev-parse", "--verify", "--quiet", revision, ok=(0, 1, 128)).text.strip()
        if found:
            return found
    return ""


def _clone(layout: Layout, name: str, destination: Destination) -> None:
    tree, branch = layout.tree(name), destination.branch or name
    shown = layout.relative(tree)
    if tree.is_symlink() or (tree.is_dir() and any(tree.iterdir()) and not (tree / LOCK_NAME).is_file()):
        raise PenstockError(
            f"{shown} has files that `inv hydrate` did not write; it can't become a clone of the branch {branch}",
            "move them away, then run it again",
        )
    url = _url(layout, destination)
    if not destination.repository and branch in _own_branches(layout):
        raise PenstockError(
            f"the manifests of {name} can't be on {branch}: that is the branch of the sources",
            "name another one in `manifests.branch`; it is by default the environment's name",
        )
    with writing(tree):
        layout.manifests.mkdir(exist_ok=True)
        # Deleted by the next hydrate if this one is killed.
        with tempfile.TemporaryDirectory(dir=layout.manifests, prefix=f".{name}.new-") as scratch:
            place = clone.make(Path(scratch), url, branch)
            _refuse_sources(place, url, branch)
            tree.mkdir(exist_ok=True)
            clone.check_out(place, tree)
    console.info(f"  {shown} is a clone of the branch {branch} of {url}")


def _refuse_sources(place: Repository, url: str, branch: str) -> None:
    listed = place.git("ls-tree", "--name-only", "-z", "HEAD", ok=(0, 128)).stdout.split(b"\0")
    names = [os.fsdecode(name) for name in listed if name and not name.startswith(b".")]
    if names and LOCK_NAME not in names:
        raise PenstockError(
            f"the branch {branch} of {url} has files that `inv hydrate` did not write, such as {names[0]}",
            "name a branch of its own in `manifests.branch`, or empty this one",
        )


def _refuse_other(layout: Layout, name: str, destination: Destination) -> None:
    tree, branch = layout.tree(name), destination.branch or name
    shown = layout.relative(tree)
    # Where .git is damaged, git goes on to the repository around the folder.
    if prefix(tree):
        raise PenstockError(
            f"{shown}/.git is no repository that git can read", f"move {shown} away, then `inv hydrate -e {name}`"
        )
    actual = git(tree, "symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1)).text.strip()
    if actual != branch:
        at = f"the branch {actual}" if actual else "no branch"
        raise PenstockError(
            f"{shown} is on {at}, but its environment names {branch}", f"git -C {shown} switch {branch}"
        )
    expected = _url(layout, destination)
    url = git(tree, "config", f"remote.{_ORIGIN}.url", ok=(0, 1)).text.strip()
    if destinations.plain(url) != destinations.plain(expected):
        raise PenstockError(
            f"{shown} is a clone of {url or 'nothing'}, but its environment names {expected}",
            f"git -C {shown} remote set-url {_ORIGIN} {expected}; or move it away, then `inv hydrate -e {name}`",
        )


def _url(layout: Layout, destination: Destination) -> str:
    """Return the address of a destination: by default that of the sources, else their own repository."""
    root = layout.root
    url = destination.repository or git(root, "config", f"remote.{_ORIGIN}.url", ok=(0, 1)).text.strip()
    if not url:
        common = Path(git(root, "rev-parse", "--git-common-dir").text.strip())
        return str((root / common).resolve())
    # Of a relative path, Git's own meaning is relative to the folder that it runs in.
    return str((root / url).resolve()) if url.startswith((".", "~")) else url


def _own_branches(layout: Layout) -> set[str]:
    current = git(layout.root, "symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1)).text.strip()
    return {current, revisions.default_branch(layout.root).removeprefix(f"{_ORIGIN}/")} - {""}
