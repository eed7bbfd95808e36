"""Check whether this machine can run a cluster in Docker, before anything is started."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from penstock.cluster import processes
from penstock.cluster.providers.provider import Problem
from penstock.core.console import size
from penstock.kube.images import ImageRef
from penstock.kube.objects import Object, Workload
from penstock.kube.read import read
from penstock.tools.archives import Archive
from penstock.tools.docker import Daemon

# Memory for Kubernetes, Flux and the page cache of images, in addition to the pods of the manifests.
_OVERHEAD = 1 << 30
# What kind's control plane, two replicas of CoreDNS and Flux request.
_OVERHEAD_CORES = 1.0
# What a node pulls of the shipped platform, before it is unpacked.
_PULLED = 4 << 30
_WITHOUT_CGROUP_V1 = (1, 35)
# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_UNITS = {"m": 0.001, "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}
_QUANTITY = re.compile(r"([0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)")
# https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files
_INOTIFY = {"max_user_watches": 524288, "max_user_instances": 512}
_INOTIFY_FOLDER = Path("/proc/sys/fs/inotify")
_FIRST_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def memory(daemon: Daemon, objects: list[Object]) -> Iterator[Problem]:
    """Check that Docker has the memory that the pods of the manifests request: otherwise some stay Pending."""
    needed = int(requested(objects, "memory")) + _OVERHEAD
    if daemon.memory < needed:
        yield Problem(
            f"Docker has {size(daemon.memory)} of memory, and the platform takes {size(needed)}",
            "give Docker more (Docker Desktop: Settings, Resources), or use --provider kwok",
        )


def cores(daemon: Daemon, objects: list[Object], nodes: int) -> Iterator[Problem]:
    """Check that the pods of the manifests fit on `nodes` nodes, each of which offers all cores of Docker."""
    needed = requested(objects, "cpu") + _OVERHEAD_CORES
    if daemon.cores * nodes < needed:
        yield Problem(
            f"the nodes have {daemon.cores * nodes} cores, and the platform takes {needed:.1f}",
            "give Docker more (Docker Desktop: Settings, Resources), lower `cpu` in environments/, or --provider kwok",
        )


def ports(wanted: dict[int, str]) -> Iterator[Problem]:
    """Check that no other program uses these ports of 127.0.0.1; `wanted` maps them to the settings that name them."""
    for port, setting in wanted.items():
        owner = processes.port_owner(port)
        if owner:
            yield Problem(
                f"port {port} on 127.0.0.1, where the Gateway would answer, is taken by {owner}",
                f"stop it, or give another one in environments/: {setting}",
            )


def rootless(daemon: Daemon, wanted: dict[int, str], file: Path = _FIRST_PORT) -> Iterator[Problem]:
    """Check the limits of a rootless daemon, which is untested."""
    if not daemon.rootless:
        return
    first = int(file.read_text()) if file.is_file() else 0
    for port, setting in wanted.items():
        if port < first:
            yield Problem(
                f"port {port} on 127.0.0.1 is not for Docker without root, which may have those from {first} on",
                f"sudo sysctl net.ipv4.ip_unprivileged_port_start={port}, or another one in environments/: {setting}",
            )
    yield Problem(
        "rootless Docker is untested: its containers may not reach the Git source",
        "when Flux can't fetch: --source remote",
        fatal=False,
    )


def disk(daemon: Daemon, archives: Iterable[Archive], nodes: int) -> Iterator[Problem]:
    """Check that Docker's disk has room for the images of `nodes` nodes; of a daemon in a VM its disk is unknown.

    What archives take is certain, what is pulled only usual.
    """
    if not daemon.root or not Path(daemon.root).is_dir():
        return
    saved = sum(archive.path.stat().st_size for archive in archives)
    needed, free = nodes * (saved or _PULLED), shutil.disk_usage(daemon.root).free
    if free < needed:
        yield Problem(
            f"{size(free)} are free in {daemon.root}, and the images of {nodes} nodes take at least {size(needed)}",
            "docker system prune, inv images-prune, or a larger disk; or use --provider kwok",
            fatal=bool(saved),
        )


def node_image(image: str, version: str, setting: str) -> Iterator[Problem]:
    """Check that the image of the nodes has the Kubernetes version for which the manifests were rendered.

    An image whose tag has no version may be any.
    """
    tag = re.search(r"v?(\d+\.\d+\.\d+)", ImageRef.parse(image).tag)
    if tag and tag[1] != version.removeprefix("v"):
        yield Problem(
            f"{setting} {image} has Kubernetes {tag[1]}, and kubernetes.version is {version}",
            "make both the same in environments/, then inv hydrate",
        )


def cgroups(daemon: Daemon, version: str) -> Iterator[Problem]:
    """Check for cgroup v1, with which a kubelet of this version may not start: its default is failCgroupV1: true."""
    major, minor, *_ = (int(part) for part in re.findall(r"\d+", f"{version}.0.0"))
    if daemon.cgroups == "1" and (major, minor) >= _WITHOUT_CGROUP_V1:
        yield Problem(
            f"Docker's machine has cgroup v1, where the kubelet of {version} does not start unless the image of the "
            "nodes configures it with failCgroupV1: false",
            "boot the machine with systemd.unified_cgroup_hierarchy=1, or use --provider kwok",
            fatal=False,
        )


def inotify(folder: Path | None = None) -> Iterator[Problem]:
    """Check the limits below which pods fail with `too many open files`; not on macOS, where Docker runs in a VM."""
    if not sys.platform.startswith("linux"):
        return
    for name, least in _INOTIFY.items():
        file = (folder or _INOTIFY_FOLDER) / name
        now = int(file.read_text()) if file.is_file() else least
        if now < least:
            yield Problem(
                f"fs.inotify.{name} is {now}: pods may fail with `too many open files`",
                f"sudo sysctl fs.inotify.{name}={least}",
                fatal=False,
            )


def left_over(name: str, there: list[str], command: str) -> Iterator[Problem]:
    """Check for containers of a cluster with the same name that this checkout didn't create."""
    if there:
        yield Problem(
            f"there is a cluster `{name}` already that this checkout did not make: {', '.join(there)}",
            f"`inv down` in the checkout that made it, or {command}; or another cluster.name in environments/",
        )


def requested(objects: list[Object], resource: str) -> float:
    """Return what the pods of these objects request of a resource, in bytes or cores; of a DaemonSet one pod counts."""
    kinds = ("Deployment", "StatefulSet", "DaemonSet")
    workloads = (read(item) for item in objects if item.kind in kinds)
    return sum(_of_workload(item, resource) for item in workloads if isinstance(item, Workload))


def _of_workload(item: Workload, resource: str) -> float:
    replicas = item.spec.replicas if item.kind != "DaemonSet" else 1
    requests = (container.resources.requests.get(resource, "0") for container in item.template.spec.containers)
    return replicas * sum(_number(str(request)) for request in requests)


def _number(quantity: str) -> float:
    found = _QUANTITY.fullmatch(quantity)
    assert found is not None, "kubeconform asks for a quantity"
    return float(found[1]) * _UNITS[found[2]]
