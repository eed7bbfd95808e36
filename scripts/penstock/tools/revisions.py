"""Revisions and commits of a repository: names, ancestors, the base of a change, and the files that differ from it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.tools.git import changed, git, head, is_shallow, prefix, settings


def commit(folder: Path, revision: str) -> str:
    """Return the commit of a revision (a branch, a tag, HEAD~2); raises PenstockError if it is unknown."""
    head(folder)
    arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    found = git(folder, *arguments, ok=(0, 1, 128)).text.strip()
    if found:
        return found
    if is_shallow(folder):
        raise PenstockError(
            f"unknown revision `{revision}`: this is a shallow clone, without its older commits",
            "git fetch --unshallow (actions/checkout: fetch-depth: 0); a branch: git fetch origin BRANCH:BRANCH",
        )
    otherwise = "give a commit, a branch or a tag; `git log` shows them"
    # HEAD~9 is not HEAD misspelled.
    is_name = re.fullmatch(r"[\w./-]+", revision)
    known = ["HEAD", *git(folder, "for-each-ref", "--format=%(refname:short)").text.split()] if is_name else []
    raise PenstockError(f"unknown revision `{revision}`", did_you_mean(revision, known, otherwise))


def default_branch(folder: Path) -> str:
    """Return the default branch as a revision, that of the remote if there is one; empty if none is known."""
    remote = git(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD", ok=(0, 1, 128)).text.strip()
    own = settings(folder).get("init.defaultbranch", "")
    for name in filter(None, (remote, "origin/main", "origin/master", own, "main", "master")):
        if git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", ok=(0, 1, 128)).code == 0:
            return name
    return ""


def merge_base(folder: Path, one: str, other: str) -> str:
    """Return the newest commit that two commits have in common; empty if there is none here."""
    return git(folder, "merge-base", one, other, ok=(0, 1, 128)).text.strip().partition("\n")[0]


def parents(folder: Path, revision: str) -> list[str]:
    """Return the parents of a commit."""
    return git(folder, "rev-list", "--parents", "--max-count=1", revision).text.split()[1:]


def trailers(folder: Path, base: str, tip: str, key: str) -> list[str]:
    """Return the values of a trailer in the commits from `base` to `tip`, the newest first."""
    wanted = f"--format=%(trailers:key={key},valueonly)"
    listed = git(folder, "rev-list", wanted, f"{base}..{tip}").text.splitlines()
    return [line.strip() for line in listed if line.strip() and not line.startswith("commit ")]


def base_of(root: Path, base: str, tip: str) -> tuple[str, str]:
    """Return the commit to compare with, and its name; the merge base with the default branch if `base` is empty.

    Raises PenstockError for an unknown revision, and for a clone without the base.
    """
    if base:
        found = commit(root, base)
        return found, named(base, found)
    branch = default_branch(root)
    full = "git fetch --unshallow origin (actions/checkout: fetch-depth: 0), or name the base"
    if not branch:
        raise PenstockError("no base: neither origin/HEAD, main nor master is known in this clone", full)
    found = merge_base(root, branch, tip)
    if not found and is_shallow(root):
        raise PenstockError(f"no base: this is a shallow clone, without the commit that HEAD and {branch} share", full)
    if not found:
        raise PenstockError(f"no base: HEAD and {branch} have no commit in common", "name the base")
    return found, named(branch, found)


def named(revision: str, found: str) -> str:
    """Return a revision as messages show it, with its commit."""
    return found[:12] if found.startswith(revision) else f"{revision} ({found[:12]})"


def differing(root: Path, base: str) -> set[str]:
    """Return the files below `root` that differ between a commit and the working tree, relative to `root`.

    Untracked files are included, and the old places of moved ones.
    """
    options = ["-r", "-z", "--name-only", "--no-renames", "--relative", "--ignore-submodules=all"]
    committed = git(root, "diff-tree", *options, base, head(root), "--", ".").stdout.split(b"\0")
    start = prefix(root)
    return {os.fsdecode(path) for path in committed if path} | {path.removeprefix(start) for path in changed(root)}
