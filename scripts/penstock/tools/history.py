"""Adapter for git that resolves pins, and reads the files of a commit without a checkout."""

from __future__ import annotations

import os
import re
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.tools import git as repository
from penstock.tools.git import git

_FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT = re.compile(r"[0-9a-f]{4,63}")
_NAME = re.compile(r"[\w.+/-]+")
_RULE = "a pin is a tag or a full commit"
_FETCH = "git fetch --unshallow --tags (actions/checkout: fetch-depth: 0)"


def pinned(folder: Path, revision: str) -> str:
    """Return the commit of a tag or full commit that the remote keeps; raises PenstockError for all other revisions."""
    name = revision if _FULL.fullmatch(revision) else f"refs/tags/{revision}" if _NAME.fullmatch(revision) else ""
    found = _commit(folder, name) if name else ""
    if not found:
        raise _refused(folder, revision)
    _refuse_lost(folder, revision, found)
    return found


def write(folder: Path, commit: str, paths: tuple[str, ...], target: Path) -> None:
    """Write the files and links at and below some paths of a commit to a folder, by path from `folder`."""
    for path, text in repository.files(folder, commit, *paths).items():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text)
    listed = git(folder, "ls-tree", "-r", "-z", commit, "--", *paths).stdout.split(b"\0")
    links = [line.partition(b"\t") for line in listed if line.startswith(b"120000 ")]
    aims = repository.blobs(folder, [about.split()[2] for about, _, _ in links])
    for (_, _, name), aim in zip(links, aims, strict=True):
        place = target / os.fsdecode(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(os.fsdecode(aim))


def between(folder: Path, since: str, until: str, paths: list[str]) -> list[tuple[str, int]]:
    """Return the commits of one that another lacks, and that touch some paths: each with its time in seconds."""
    return _listed(folder, "--no-merges", f"{since}..{until}", "--", *paths)


def tips(folder: Path) -> list[tuple[str, int]]:
    """Return the commits that the current branch had as its tip, the newest first, each with its time in seconds."""
    return _listed(folder, "--first-parent", "HEAD")


def changed_at(folder: Path, path: str) -> int:
    """Return the time in seconds of the newest commit that touches a path; 0 if there is none."""
    return next((time for _, time in _listed(folder, "--max-count=1", "HEAD", "--", path)), 0)


def _listed(folder: Path, *arguments: str) -> list[tuple[str, int]]:
    words = git(folder, "rev-list", "--timestamp", *arguments).text.split()
    return [(commit, int(seconds)) for seconds, commit in zip(words[::2], words[1::2], strict=True)]


def _commit(folder: Path, revision: str) -> str:
    arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    return git(folder, *arguments, ok=(0, 1, 128)).text.strip()


def _refused(folder: Path, revision: str) -> PenstockError:
    """Return the error for a revision that is no tag and no full commit of this clone."""
    branch = next((each for kind in ("heads", "remotes") if (each := _commit(folder, f"refs/{kind}/{revision}"))), "")
    if branch:
        return PenstockError(f"`{revision}` is a branch, which moves: {_RULE}", f"write {branch}, or tag it")
    if _SHORT.fullmatch(revision) and not _FULL.fullmatch(revision):
        known = git(folder, "rev-parse", f"--disambiguate={revision}").text.split()
        found = [each for each in known if _commit(folder, each)]
        if len(found) > 1:
            return PenstockError(
                f"`{revision}` is ambiguous: {len(found)} commits begin with it",
                f"write one in full: {', '.join(found)}",
            )
        if found:
            return PenstockError(
                f"`{revision}` is a short hash, which more commits may begin with one day: {_RULE}", f"write {found[0]}"
            )
    elif resolved := _commit(folder, revision):
        return PenstockError(f"`{revision}` is neither a tag nor a full commit", f"write {resolved}, or tag it")
    if repository.is_shallow(folder):
        return PenstockError(
            f"unknown revision `{revision}`: this is a shallow clone, without its older commits", _FETCH
        )
    tags = git(folder, "for-each-ref", "--format=%(refname:strip=2)", "refs/tags").text.split()
    otherwise = f"{_RULE}; git fetch --tags, if it is new; `git log` shows the commits"
    return PenstockError(f"unknown revision `{revision}`", did_you_mean(revision, tags, otherwise))


def _refuse_lost(folder: Path, revision: str, commit: str) -> None:
    """Raise PenstockError for a commit that no ref of the remote keeps; without a remote, no branch or tag."""
    remotes = git(folder, "for-each-ref", "--count=1", "refs/remotes").text.strip()
    refs = ["refs/remotes" if remotes else "refs/heads", "refs/tags"]
    if git(folder, "for-each-ref", "--count=1", f"--contains={commit}", *refs).text.strip():
        return
    where = "of the remote" if remotes else "of this repository"
    raise PenstockError(
        f"`{revision}` is in no branch or tag {where}: Git would delete it one day",
        "push its branch or tag it" if remotes else "keep it by a branch or a tag: git tag NAME " + commit[:12],
    )
