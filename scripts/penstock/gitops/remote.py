"""Read the repository's own remote, and check that Flux would find HEAD there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import CommandFailed, CommandTimedOut
from penstock.platform import environments
from penstock.platform.layout import Layout
from penstock.tools.clone import SILENT
from penstock.tools.git import changed, git, head

# user@host:owner/name, also SSH.
_SCP = re.compile(r"((?:[\w.-]+@)?)([\w.-]+):(?!//)(.+)")
_SSH = re.compile(r"ssh://((?:[\w.-]+@)?)([\w.-]+)(?::\d+)?/(.+)")
_LOGIN = re.compile(r"^(https?://)[^/@]*@")
_SECONDS = 30


@dataclass(frozen=True)
class Remote:
    """The addresses that Flux can fetch from, over HTTPS and SSH, the branch, and its commit, which is HEAD."""

    url: str
    ssh: str
    branch: str
    commit: str


def of(layout: Layout, environment: str) -> Remote:
    """Return the remote that Flux reads an environment from; raises PenstockError if it wouldn't find the files there.

    That is the remote of the platform, or that of the environment's own branch.
    """
    if environments.place(layout, environment):
        return read(layout.root, layout.manifests.name)
    return read(layout.tree(environment), ".", layout.relative(layout.tree(environment)))


def read(folder: Path, manifests: str, shown: str = "") -> Remote:
    """Return the remote of the branch in a folder; raises PenstockError if Flux wouldn't find HEAD there.

    `manifests` is what Flux applies, as a path from the folder, and `shown` the same for messages.
    """
    commit, command = head(folder), f"git -C {shown}" if shown else "git"
    branch = git(folder, "symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1)).text.strip()
    if not branch:
        raise PenstockError("HEAD is on no branch, and Flux follows one", f"{command} switch BRANCH")
    name = git(folder, "config", f"branch.{branch}.remote", ok=(0, 1)).text.strip() or "origin"
    address = git(folder, "remote", "get-url", name, ok=(0, 2, 128)).text.strip()
    if not address:
        raise PenstockError(
            f"this repository has no remote `{name}`",
            f"{command} remote add {name} URL && {command} push -u {name} {branch}",
        )
    url = https(address)
    if not re.match(r"(https?|ssh)://", url):
        raise PenstockError(
            f"the remote `{name}` is {address}, which Flux can't reach: it takes http, https and ssh",
            f"{command} remote set-url {name} URL",
        )
    if changed(folder, manifests):
        raise PenstockError(
            f"{shown or manifests}/ has changes that are not committed: the remote doesn't have them",
            "commit and push them first",
        )
    if _remote_commit(folder, name, branch) != commit:
        raise PenstockError(
            f"HEAD ({commit[:12]}) is not what {name} has as {branch}", f"{command} push {name} {branch}"
        )
    return Remote(url, _with_key(address), branch, commit)


def https(address: str) -> str:
    """Return the HTTPS address of a repository, which needs no key; an address that isn't SSH is kept.

    A user name and a password in it are removed: they are for git, and all readers of the cluster's objects could see
    them.
    """
    found = _parts(address)
    return f"https://{found[2]}/{found[3]}" if found else _LOGIN.sub(r"\1", address)


def _with_key(address: str) -> str:
    """Return an SSH address as ssh://, since Flux doesn't accept user@host:path; others are kept."""
    found = _parts(address)
    return address if "://" in address or not found else f"ssh://{found[1]}{found[2]}/{found[3]}"


def _parts(address: str) -> re.Match[str] | None:
    """Match user, host and path of an SSH address."""
    return _SSH.fullmatch(address) if "://" in address else _SCP.fullmatch(address)


def _remote_commit(folder: Path, name: str, branch: str) -> str:
    """Return the remote's commit of a branch; empty if it has no such branch."""
    try:
        arguments = ["ls-remote", "--exit-code", name, f"refs/heads/{branch}"]
        listed = git(folder, *arguments, ok=(0, 2), env=SILENT, timeout=_SECONDS).text
    except (CommandFailed, CommandTimedOut) as failure:
        raise PenstockError(f"the remote `{name}` doesn't answer: {failure.message}", f"git ls-remote {name}") from None
    return listed.split("\t")[0]
