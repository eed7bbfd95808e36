"""The base of a change, the commit with which a branch is compared, and the files that differ from it."""

from __future__ import annotations

import os
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.tools import git


def base_of(root: Path, base: str, tip: str) -> tuple[str, str]:
    """Return the commit to compare with, and its name; the merge base with the default branch if `base` is empty.

    Raises PenstockError for an unknown revision, and for a clone without the base.
    """
    if base:
        found = git.commit(root, base)
        return found, named(base, found)
    branch = git.default_branch(root)
    full = "git fetch --unshallow origin (actions/checkout: fetch-depth: 0), or name the base"
    if not branch:
        raise PenstockError("no base: neither origin/HEAD, main nor master is known in this clone", full)
    found = git.merge_base(root, branch, tip)
    if not found and git.is_shallow(root):
        raise PenstockError(f"no base: this is a shallow clone, without the commit that HEAD and {branch} share", full)
    if not found:
        raise PenstockError(f"no base: HEAD and {branch} have no commit in common", "name the base")
    return found, named(branch, found)


def named(revision: str, commit: str) -> str:
    """Return a revision as messages show it, with its commit."""
    return commit[:12] if commit.startswith(revision) else f"{revision} ({commit[:12]})"


def differing(root: Path, base: str) -> set[str]:
    """Return the files below `root` that differ between a commit and the working tree, relative to `root`.

    Untracked files are included, and the old places of moved ones.
    """
    options = ["-r", "-z", "--name-only", "--no-renames", "--relative", "--ignore-submodules=all"]
    committed = git.git(root, "diff-tree", *options, base, git.head(root), "--", ".").stdout.split(b"\0")
    prefix = git.prefix(root)
    return {os.fsdecode(path) for path in committed if path} | {path.removeprefix(prefix) for path in git.changed(root)}
