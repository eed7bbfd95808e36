"""What stands in the way of a cluster in Docker, found before anything is started."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from penstock.cluster import processes
from penstock.cluster.providers.provider import Problem
from penstock.core.console import size
from penstock.tools.docker import Daemon

# What Kubernetes itself, Flux and the images' page cache take beside the pods of the manifests.
_OVERHEAD = 1 << 30
_UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "k": 10**3, "M": 10**6, "G": 10**9, "": 1}
# https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files
_INOTIFY = {"max_user_watches": 524288, "max_user_instances": 512}
_INOTIFY_FOLDER = Path("/proc/sys/fs/inotify")


def memory(daemon: Daemon, objects: list[dict[str, Any]]) -> Iterator[Problem]:
    """Less memory than the pods of the manifests request: some would stay Pending for ever."""
    needed = requested(objects) + _OVERHEAD
    if daemon.memory < needed:
        yield Problem(
            f"Docker has {size(daemon.memory)} of memory, and the platform takes {size(needed)}",
            "give Docker more (Docker Desktop: Settings, Resources), or use --provider kwok",
        )


def ports(wanted: dict[int, str]) -> Iterator[Problem]:
    """Ports of 127.0.0.1 that somebody else has; `wanted` is port -> the setting that names it."""
    for port, setting in wanted.items():
        owner = processes.port_owner(port)
        if owner:
            yield Problem(
                f"port {port} on 127.0.0.1, where the Gateway would answer, is taken by {owner}",
                f"stop it, or give another one in environments/: {setting}",
            )


def inotify(folder: Path = _INOTIFY_FOLDER) -> Iterator[Problem]:
    """Limits under which pods fail with `too many open files`; none on macOS, where Docker's own machine has them."""
    if not sys.platform.startswith("linux"):
        return
    for name, least in _INOTIFY.items():
        file = folder / name
        now = int(file.read_text()) if file.is_file() else least
        if now < least:
            yield Problem(
                f"fs.inotify.{name} is {now}: pods may fail with `too many open files`",
                f"sudo sysctl fs.inotify.{name}={least}",
                fatal=False,
            )


def left_over(name: str, there: list[str], command: str) -> Iterator[Problem]:
    """Containers of a cluster with our name that nothing here knows of."""
    if there:
        yield Problem(
            f"there is a cluster `{name}` already that this checkout did not make: {', '.join(there)}",
            f"`inv down` in the checkout that made it, or {command}; or another cluster.name in environments/",
        )


def requested(objects: list[dict[str, Any]]) -> int:
    """The bytes of memory that the pods of these objects request, one of each DaemonSet."""
    return sum(_of_workload(item) for item in objects if item["kind"] in ("Deployment", "StatefulSet", "DaemonSet"))


def _of_workload(item: dict[str, Any]) -> int:
    replicas = item["spec"].get("replicas", 1) if item["kind"] != "DaemonSet" else 1
    requests = [
        container.get("resources", {}).get("requests", {}).get("memory", "0")
        for container in item["spec"]["template"]["spec"]["containers"]
    ]
    return int(replicas) * sum(_bytes(str(request)) for request in requests)


def _bytes(quantity: str) -> int:
    number = quantity.rstrip("KMGik")
    return int(float(number) * _UNITS[quantity[len(number) :]])
