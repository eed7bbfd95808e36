"""What a cluster leaves on the machine: two looks, before `inv up` and after `inv down`, have to be the same."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from penstock.cluster.kubeconfig import users_own
from penstock.core.errors import PenstockError
from penstock.core.files import file_sha256
from penstock.core.process import Command, CommandFailed, run

# docker's own words for a kind of thing, and what of it tells one from another and whose it is.
_DOCKER = {
    "container": ["ps", "--all", "--no-trunc", "--format", "{{.ID}}\t{{.Names}} {{.Labels}}"],
    "network": ["network", "ls", "--no-trunc", "--format", "{{.ID}}\t{{.Name}} {{.Labels}}"],
    "volume": ["volume", "ls", "--format", "{{.Name}}\t{{.Labels}}"],
}
# In the labels and names of whatever k3d and kind make; a node's unnamed volumes have only docker's own label.
_OURS = ("k3d", "kind", "com.docker.volume.anonymous")


@dataclass(frozen=True)
class Look:
    """What is there: docker's things and the processes of the trial, each by a line, and the user's kubeconfig."""

    things: frozenset[str]
    kubeconfig: str


def look(folder: Path) -> Look:
    """Look at the machine; `folder` is the one whose name only processes of the trial know."""
    return Look(frozenset(_docker() | _processes(folder)), _digest(users_own()))


def left(before: Look, after: Look) -> list[str]:
    """One line for each thing that was not there before, and for a kubeconfig that isn't what it was."""
    lines = [f"{thing} is left" for thing in sorted(after.things - before.things)]
    if after.kubeconfig != before.kubeconfig:
        lines.append(f"{users_own()} is not what it was: {before.kubeconfig} before, {after.kubeconfig} now")
    return lines


def _docker() -> set[str]:
    program = shutil.which("docker")
    if program is None:
        return set()
    found = set()
    for kind, words in _DOCKER.items():
        try:
            text = run(Command([program, *words], timeout=60)).text
        except CommandFailed as failure:
            if _is_away(failure):
                return set()
            raise PenstockError(f"docker can't tell its {kind}s: {failure.result.complaint}", "docker info") from None
        found |= {f"{kind} {line.strip()}".replace("\t", " ") for line in text.splitlines() if _is_ours(line)}
    return found


def _is_away(failure: CommandFailed) -> bool:
    # Without a daemon there is nothing of docker's to be left.
    return "Cannot connect to the Docker daemon" in failure.result.complaint


def _is_ours(line: str) -> bool:
    return any(word in line for word in _OURS)


def _processes(folder: Path) -> set[str]:
    """The processes that name the folder in their arguments, or work in it; our own is none of them."""
    found = set()
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            inside = any(str(folder) in word for word in words) or Path(process.cwd()).is_relative_to(folder)
            if inside and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.add(f"process {process.pid} {' '.join(words)[:120]}")
        except psutil.Error:
            continue
    return found


def _digest(path: Path) -> str:
    return file_sha256(path)[:12] if path.is_file() else "no file"
