"""Commit the working tree, HEAD with the uncommitted changes, so that Flux can fetch it.

The user's repository is only read. The snapshot goes to a separate bare repository, which borrows the user's objects
through alternates.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from penstock.platform import environments
from penstock.platform.layout import Layout
from penstock.tools.git import changed, complete, fetching_into, git, head, object_store, prefix, quoted, settings
from penstock.tools.repository import BRANCH, DATED, IDENTITY, Repository, rebuilt

# A separate object store for added objects. With the user's store among its alternates, git would not write an object
# that exists there but update its time: https://git-scm.com/docs/git-gc, gc.pruneExpire.
_ADDED = "added"
# What `git init` detected about the working tree's file system.
_FACTS = ("core.filemode", "core.symlinks", "core.ignorecase", "core.precomposeunicode")
# States in `git status` of an unmerged path with a deletion on at least one side.
_UNMERGED = ("DD", "DU", "UD")


@dataclass(frozen=True)
class Snapshot:
    """A commit, and whether it contains changes on top of HEAD."""

    commit: str
    is_dirty: bool


def of(layout: Layout, environment: str, repository: Path) -> Snapshot:
    """Commit what Flux reads for an environment into `repository`: the working tree, or its own branch's files."""
    if environments.place(layout, environment):
        return take(layout, repository)
    return rebuilt(repository, lambda: _take_all(Repository(repository, layout.tree(environment))))


def take(layout: Layout, repository: Path) -> Snapshot:
    """Commit the working tree into `repository`; the same tree on the same HEAD yields the same commit.

    A damaged repository is rebuilt.
    """
    base = head(layout.root)
    return rebuilt(repository, lambda: _take(layout, repository, base))


def checkout(layout: Layout, commit: str, folder: Path) -> Layout:
    """Write the files of a commit to `folder`, a repository that borrows the user's objects; return its platform.

    Raises PenstockError if a partial clone lacks files that its remote doesn't give.
    """
    found = settings(layout.root)
    place = Repository(folder / ".git", folder, {key: found[key] for key in _FACTS if key in found})
    place.make(bare=False, objects=found.get("extensions.objectformat", "sha1"))
    store = object_store(layout.root)
    (folder / ".git" / "objects" / "info" / "alternates").write_bytes(os.fsencode(quoted(store)) + b"\n")
    complete(layout.root, commit, ":/", fetching_into(layout.root, folder / ".git" / "objects"))
    place.git("read-tree", commit)
    place.git("checkout-index", "--all", "--force", "-u")
    place.git("update-ref", f"refs/heads/{BRANCH}", commit)
    return Layout(folder / prefix(layout.root))


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


def _take_all(place: Repository) -> Snapshot:
    """Commit every file of a folder, whatever Git knows of it: few, and the branch may not have a commit yet."""
    place.make()
    place.git("add", "--all", "--force", ".")
    tree = place.git("write-tree").text.strip()
    commit = place.git("commit-tree", tree, "-m", "The manifests as they are", env=DATED).text.strip()
    place.git("update-ref", f"refs/heads/{BRANCH}", commit)
    return Snapshot(commit, is_dirty=False)


def _borrow(place: Repository, store: Path) -> None:
    """Let the repository also read the user's object store and the added objects."""
    added = place.folder / _ADDED
    added.mkdir(exist_ok=True)
    lines = (os.fsencode(quoted(each)) + b"\n" for each in (added, store))
    (place.folder / "objects" / "info" / "alternates").write_bytes(b"".join(lines))


def _commit(place: Repository, base: str, changes: dict[str, str]) -> str:
    """Return the commit of HEAD with these changes; HEAD itself if nothing changes."""
    gone = [path for path, letters in changes.items() if "D" in letters and letters not in _UNMERGED]
    # A folder is a nested repository, which Flux doesn't fetch.
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
    # HEAD's date, so that the commit's hash depends only on the content.
    date = _date(place.git("cat-file", "commit", base).stdout)
    dated = {**IDENTITY, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    arguments = ["commit-tree", tree, "-p", base, "-m", "The working tree, not committed"]
    return place.git(*arguments, env=dated).text.strip()


def _date(commit: bytes) -> str:
    """Return a commit's date in git's format, from the object itself, since its parents may be missing."""
    header = commit.partition(b"\n\n")[0].splitlines()
    line = next(line for line in header if line.startswith(b"committer "))
    seconds, zone = line.decode(errors="replace").rsplit(" ", 2)[1:]
    return f"@{seconds} {zone}"


def _lines(paths: list[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)
