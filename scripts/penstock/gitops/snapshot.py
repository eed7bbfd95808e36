"""The working tree as a commit that Flux can fetch: HEAD with the uncommitted changes on top.

The user's repository is only read. The snapshot goes to a bare repository of our own, which borrows the user's
objects through alternates.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from penstock.core.layout import Layout
from penstock.tools.git import changed, complete, fetching_into, git, head, object_store, quoted, settings
from penstock.tools.repository import BRANCH, IDENTITY, Repository, rebuilt

# An object store of its own for what is added. With the user's among its alternates git would not write a file that is
# in there already, but set the time of the user's object: https://git-scm.com/docs/git-gc, gc.pruneExpire.
_ADDED = "added"
# What `git init` found out about the file system of the working tree.
_FACTS = ("core.filemode", "core.symlinks", "core.ignorecase", "core.precomposeunicode")
# What `git status` says of a path that a merge left with several versions, of which one is none.
_UNMERGED = ("DD", "DU", "UD")


@dataclass(frozen=True)
class Snapshot:
    """A commit, and whether it holds more than HEAD does."""

    commit: str
    is_dirty: bool


def take(layout: Layout, repository: Path) -> Snapshot:
    """Commit the working tree into `repository`; the same tree over the same HEAD gives the same commit.

    A repository that is damaged is made again.
    """
    base = head(layout.root)
    return rebuilt(repository, lambda: _take(layout, repository, base))


def _take(layout: Layout, repository: Path, base: str) -> Snapshot:
    found = settings(layout.root)
    top = git(layout.root, "rev-parse", "--show-toplevel").stdout.removesuffix(b"\n")
    facts = {key: found[key] for key in _FACTS if key in found}
    place = Repository(repository, Path(os.fsdecode(top)), facts)
    place.make(objects=found.get("extensions.objectformat", "sha1"))
    _borrow(place, object_store(layout.root))
    complete(layout.root, base, ":/", fetching_into(layout.root, repository / "objects"))
    commit = _commit(place, base, changed(layout.root))
    place.git("update-ref", f"refs/heads/{BRANCH}", commit)
    return Snapshot(commit, commit != base)


def _borrow(place: Repository, store: Path) -> None:
    """Have the repository read the user's object store too, and what was added to it."""
    added = place.folder / _ADDED
    added.mkdir(exist_ok=True)
    lines = (os.fsencode(quoted(each)) + b"\n" for each in (added, store))
    (place.folder / "objects" / "info" / "alternates").write_bytes(b"".join(lines))


def _commit(place: Repository, base: str, changes: dict[str, str]) -> str:
    """The commit of HEAD with these changes; HEAD itself where they change nothing."""
    gone = [path for path, letters in changes.items() if "D" in letters and letters not in _UNMERGED]
    # A folder is a repository inside of this one, which Flux doesn't fetch.
    others = [path for path in sorted(changes.keys() - set(gone)) if not path.endswith("/")]
    if not gone and not others:
        return base
    place.git("read-tree", base)
    added = {"GIT_OBJECT_DIRECTORY": str(place.folder / _ADDED)}
    place.git("update-index", "-z", "--force-remove", "--stdin", stdin=_lines(gone))
    place.git("update-index", "-z", "--add", "--remove", "--replace", "--stdin", stdin=_lines(others), env=added)
    tree = place.git("write-tree", "--missing-ok", env=added).text.strip()
    if tree == place.git("rev-parse", f"{base}^{{tree}}").text.strip():
        return base
    # HEAD's own date, so that nothing but the content decides the commit's name.
    date = _date(place.git("cat-file", "commit", base).stdout)
    dated = {**IDENTITY, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    arguments = ["commit-tree", tree, "-p", base, "-m", "The working tree, not committed"]
    return place.git(*arguments, env=dated).text.strip()


def _date(commit: bytes) -> str:
    """When a commit was made, as git reads it: from the object itself, since its parents may not be here."""
    header = commit.partition(b"\n\n")[0].splitlines()
    line = next(line for line in header if line.startswith(b"committer "))
    seconds, zone = line.decode(errors="replace").rsplit(" ", 2)[1:]
    return f"@{seconds} {zone}"


def _lines(paths: list[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)
