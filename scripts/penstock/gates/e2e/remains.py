"""What a cluster leaves on the machine: a comparison of before `inv up` and after `inv down`."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from penstock.cluster.kubeconfig import users_own
from penstock.cluster.providers.choose import BY_DEFAULT
from penstock.core.errors import PenstockError
from penstock.core.files import file_sha256
from penstock.core.process import Command, CommandFailed, run

# Kind of resource -> docker's arguments that list its id, name and labels.
_DOCKER = {
    "container": ["ps", "--all", "--no-trunc", "--format", "{{.ID}}\t{{.Names}} {{.Labels}}"],
    "network": ["network", "ls", "--no-trunc", "--format", "{{.ID}}\t{{.Name}} {{.Labels}}"],
    "volume": ["volume", "ls", "--format", "{{.Name}}\t{{.Labels}}"],
}
# Parts of the labels and names of a cluster's resources. Anonymous volumes of nodes have only docker's own label.
_OURS = (*(provider.name for provider in BY_DEFAULT), "com.docker.volume.anonymous")


@dataclass(frozen=True)
class Look:
    """Docker's resources and the trial's processes, one line each, and the digest of the user's kubeconfig."""

    things: frozenset[str]
    kubeconfig: str


def look(folder: Path) -> Look:
    """Look at the machine; processes of the trial are recognized by `folder`."""
    return Look(frozenset(_docker() | _processes(folder)), _digest(users_own()))


def left(before: Look, after: Look) -> list[str]:
    """One line for each new resource or process, and one for a changed kubeconfig."""
    lines = [f"{thing} is left" for thing in sorted(after.things - before.things)]
    if after.kubeconfig != before.kubeconfig:
        lines.append(f"{users_own()} has changed: {before.kubeconfig} before, {after.kubeconfig} now")
    return lines


def _docker() -> set[str]:
    program = shutil.which("docker")
    if program is None:
        return set()
    listed = set()
    for kind, argv in _DOCKER.items():
        try:
            text = run(Command([program, *argv], timeout=60)).text
        except CommandFailed as failure:
            if _is_away(failure):
                return set()
            raise PenstockError(f"docker can't list its {kind}s: {failure.result.complaint}", "docker info") from None
        listed |= {f"{kind} {line.strip()}".replace("\t", " ") for line in text.splitlines() if _is_ours(line)}
    return listed


def _is_away(failure: CommandFailed) -> bool:
    # Without a daemon docker has no resources.
    return "Cannot connect to the Docker daemon" in failure.result.complaint


def _is_ours(line: str) -> bool:
    return any(mark in line for mark in _OURS)


def _processes(folder: Path) -> set[str]:
    """The processes that name the folder in their arguments or run in it, except this one."""
    running = set()
    for process in psutil.process_iter():
        try:
            argv = process.cmdline()
            inside = any(str(folder) in argument for argument in argv) or Path(process.cwd()).is_relative_to(folder)
            if inside and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                running.add(f"process {process.pid} {' '.join(argv)[:120]}")
        except psutil.Error:
            continue
    return running


def _digest(path: Path) -> str:
    return file_sha256(path)[:12] if path.is_file() else "no file"
