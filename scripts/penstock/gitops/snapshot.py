"""The working tree as a commit that Flux can fetch: HEAD with the uncommitted changes on top.

The user's repository is only read. The snapshot goes to a bare repository of our own, which borrows the user's
objects through alternates.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from penstock.core.layout import Layout
from penstock.gitops.objects import BRANCH
from penstock.tools.git import git, head

# Who commits: nobody that the user's own Git configuration knows.
IDENTITY = {
    "GIT_AUTHOR_NAME": "Penstock",
    "GIT_AUTHOR_EMAIL": "penstock@localhost",
    "GIT_COMMITTER_NAME": "Penstock",
    "GIT_COMMITTER_EMAIL": "penstock@localhost",
}


@dataclass(frozen=True)
class Snapshot:
    """A commit, and whether it holds more than HEAD does."""

    commit: str
    is_dirty: bool


def take(layout: Layout, repository: Path) -> Snapshot:
    """Commit the working tree into `repository`; the same tree over the same HEAD gives the same commit."""
    base = head(layout.root)
    _prepare(layout, repository)
    env = {
        **IDENTITY,
        "GIT_INDEX_FILE": str(repository / "snapshot.index"),
        "GIT_OBJECT_DIRECTORY": str(repository / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(_objects(layout)),
    }
    git(layout.root, "read-tree", "HEAD", env=env)
    git(layout.root, "add", "--all", ".", env=env)
    tree = git(layout.root, "write-tree", env=env).text.strip()
    if tree == git(layout.root, "rev-parse", "HEAD^{tree}").text.strip():
        commit = base
    else:
        # HEAD's own date, so that nothing but the content decides the commit's name.
        date = git(layout.root, "show", "--no-patch", "--format=%cI", "HEAD").text.strip()
        dated = {**env, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        commit = git(
            layout.root, "commit-tree", tree, "-p", base, "-m", "The working tree, not committed", env=dated
        ).text.strip()
    git(repository, "update-ref", f"refs/heads/{BRANCH}", commit)
    return Snapshot(commit, commit != base)


def _prepare(layout: Layout, repository: Path) -> None:
    if not (repository / "HEAD").is_file():
        repository.mkdir(parents=True, exist_ok=True)
        git(repository, "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", ".")
    alternates = repository / "objects" / "info" / "alternates"
    alternates.parent.mkdir(parents=True, exist_ok=True)
    alternates.write_text(f"{_objects(layout)}\n")


def _objects(layout: Layout) -> Path:
    common = git(layout.root, "rev-parse", "--git-common-dir").text.strip()
    return Path(os.path.normpath(layout.root / common / "objects"))
