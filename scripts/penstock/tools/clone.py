"""A clone of one branch inside the user's checkout, which the user commits to and pushes.

Only git itself is started: none of the user's hooks, templates and filters. The network is reached as the user does.
"""

from __future__ import annotations

import os
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, CommandTimedOut, run
from penstock.tools.git import program
from penstock.tools.repository import Repository

# Make git fail with a message instead of prompting.
SILENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never"}
_OPTIONS = (f"core.hooksPath={os.devnull}", "core.fsmonitor=", "gc.auto=0", "maintenance.auto=false")
_SECONDS = 60
_SHA256 = 64


def tip(url: str, branch: str) -> tuple[str, bool]:
    """Return the commit of a branch, empty without one, and whether the repository's hash format is SHA-256.

    Raises PenstockError if git can't read the repository.
    """
    argv = [program(), "ls-remote", "--", url, "HEAD", f"refs/heads/{branch}"]
    try:
        listed = run(Command(argv, env={"LC_ALL": "C", **SILENT}, timeout=_SECONDS)).text.splitlines()
    except (CommandFailed, CommandTimedOut) as failure:
        raise _unreadable(url, failure) from None
    found = {name: commit for commit, _, name in (line.partition("\t") for line in listed)}
    return found.get(f"refs/heads/{branch}", ""), any(len(commit) == _SHA256 for commit in found.values())


def make(folder: Path, url: str, branch: str) -> Repository:
    """Return a repository in a new folder that has fetched a branch, and is on it; the branch may not exist yet.

    Raises PenstockError if git can't read the remote.
    """
    commit, is_sha256 = tip(url, branch)
    place = Repository(folder / ".git")
    place.make(bare=False, objects="sha256" if is_sha256 else "sha1")
    place.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    remote = f"refs/remotes/origin/{branch}"
    for key, value in (
        ("remote.origin.url", url),
        ("remote.origin.fetch", f"+refs/heads/{branch}:{remote}"),
        (f"branch.{branch}.remote", "origin"),
        (f"branch.{branch}.merge", f"refs/heads/{branch}"),
    ):
        place.git("config", key, value)
    if commit:
        _fetch(place, url)
        place.git("update-ref", f"refs/heads/{branch}", remote)
    return place


def check_out(place: Repository, folder: Path) -> None:
    """Write the files that a folder lacks of a repository's branch, and make it the folder's repository."""
    inside = Repository(place.folder, folder)
    if inside.git("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1)).code == 0:
        inside.git("read-tree", "HEAD")
        inside.git("checkout-index", "--all", "--quiet", "-u", ok=(0, 1))  # 1: some exist
    place.folder.rename(folder / ".git")


def _fetch(place: Repository, url: str) -> None:
    options = [word for option in _OPTIONS for word in ("-c", option)]
    argv = [program(), f"--git-dir={place.folder}", *options, "fetch", "--quiet", "--no-tags", "origin"]
    try:
        run(Command(argv, cwd=place.folder.parent, env={"LC_ALL": "C", **SILENT}))
    except (CommandFailed, CommandTimedOut) as failure:
        raise _unreadable(url, failure) from None


def _unreadable(url: str, failure: CommandFailed | CommandTimedOut) -> PenstockError:
    # Git's first line has the reason; general advice follows.
    lines = failure.result.complaint.splitlines() if isinstance(failure, CommandFailed) else []
    return PenstockError(f"git can't read {url}: {lines[0] if lines else failure.message}", f"git ls-remote {url}")
