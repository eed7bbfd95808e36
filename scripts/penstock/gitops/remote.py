"""The repository's own remote as the source: what Flux would find there, and whether that is what is here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.core.process import CommandFailed
from penstock.tools.git import git, head

# git@host:owner/name, which is ssh too.
_SCP = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)")
_SSH = re.compile(r"ssh://(?:[\w.-]+@)?([\w.-]+)(?::\d+)?/(.+)")


@dataclass(frozen=True)
class Remote:
    """An address that Flux can fetch from, the branch, and the commit, which is HEAD."""

    url: str
    branch: str
    commit: str


def read(layout: Layout) -> Remote:
    """The remote of the branch that is checked out; PenstockError when Flux would not find HEAD there."""
    commit = head(layout.root)
    branch = git(layout.root, "symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1)).text.strip()
    if not branch:
        raise PenstockError("HEAD is on no branch, and Flux follows one", "git switch BRANCH")
    name = git(layout.root, "config", f"branch.{branch}.remote", ok=(0, 1)).text.strip() or "origin"
    address = git(layout.root, "remote", "get-url", name, ok=(0, 2, 128)).text.strip()
    if not address:
        raise PenstockError(
            f"this repository has no remote `{name}`", "git remote add origin URL && git push -u origin HEAD"
        )
    if git(layout.root, "status", "--porcelain", "--", "manifests").text.strip():
        raise PenstockError(
            "manifests/ has changes that are not committed: the remote doesn't have them", "commit and push them first"
        )
    if _there(layout, name, branch) != commit:
        raise PenstockError(f"HEAD ({commit[:12]}) is not what {name} has as {branch}", f"git push {name} {branch}")
    return Remote(https(address), branch, commit)


def https(address: str) -> str:
    """The address of the same repository over HTTPS, for Flux needs no key for that; others stay what they are."""
    found = _SSH.fullmatch(address) or (_SCP.fullmatch(address) if "://" not in address else None)
    return f"https://{found[1]}/{found[2]}" if found else address


def _there(layout: Layout, name: str, branch: str) -> str:
    try:
        listed = git(layout.root, "ls-remote", "--exit-code", name, f"refs/heads/{branch}", ok=(0, 2)).text
    except CommandFailed as failure:
        raise PenstockError(f"the remote `{name}` doesn't answer: {failure.message}", f"git ls-remote {name}") from None
    return listed.split("\t")[0]
