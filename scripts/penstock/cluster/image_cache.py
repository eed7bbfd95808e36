"""Caches of registries, one container for each: the nodes in Docker pull through them, and `inv down` keeps them.

A cache only saves time: without it, or if it refuses an image, a node asks the registry itself.
"""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path

from penstock.cluster import dns
from penstock.cluster.actions import Action, Plan, Work
from penstock.cluster.session import Session
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.files import writing
from penstock.core.process import Command, CommandFailed, CommandTimedOut, run
from penstock.kube.images import ImageRef
from penstock.kube.objects import Workload
from penstock.kube.read import read
from penstock.kube.references import POD_TEMPLATES
from penstock.platform.images import used
from penstock.tools import docker, image_cache

_LOCAL = re.compile(r"(localhost|127\.|\[).*|[^.]*(:\d+)?")
# The registry of Flux's controllers, and that of the image of the pods that Penstock creates.
_ALWAYS = {"ghcr.io", ImageRef.parse(dns.IMAGE).registry}
_CERTS = "/etc/containerd/certs.d"
# The last line of an error of docker, up to version 20 and since.
_FURTHER = ("See 'docker", "Run 'docker")
_NOT_CACHED = "its images are pulled from the registry itself"


def registries(session: Session) -> list[str]:
    """Return the registries whose images the cluster caches, sorted; none without `imageCache`, or with archives.

    A registry on this machine or without a domain has no cache.
    """
    if not session.cluster.image_cache or session.archives:
        return []
    workloads = (read(item) for item in session.manifests.all_objects() if item.kind in POD_TEMPLATES)
    images = used(item for item in workloads if isinstance(item, Workload))
    found = {ImageRef.parse(image).registry for image, _ in images} | _ALWAYS
    return sorted(registry for registry in found if not _LOCAL.fullmatch(registry))


def start(session: Session) -> Plan:
    """Start the caches that are missing or stopped; one that can't be started is a warning."""
    there = cache(lambda: docker.containers(image_cache.LABEL))
    for registry in registries(session):
        name = image_cache.name(registry)
        command, run = partial(image_cache.creation, registry), partial(_try, registry)
        yield Action(command, f"a cache of {registry}", partial(lambda name: name not in there(), name), run)
    if registries(session):
        stopped = cache(lambda: docker.stopped(image_cache.LABEL))
        yield Work("start the caches that are stopped", lambda: docker.start(stopped()), lambda: bool(stopped()))


def connect(session: Session, network: str) -> Plan:
    """Connect the caches to the network of the nodes."""
    there = cache(lambda: docker.containers(image_cache.LABEL))
    connected = cache(lambda: docker.attached(network))
    for registry in registries(session):
        name = image_cache.name(registry)
        needed = partial(lambda name: name in there() and name not in connected(), name)
        yield Action(partial(docker.connection, network, name), f"the cache of {registry}", needed)


def configure(session: Session, nodes: list[str]) -> Plan:
    """Write the caches into the configuration of containerd, which reads it with each pull."""
    found = registries(session)
    if not found:
        return
    folder = session.state.folder / "certs.d"
    paths = [f"{_CERTS}/{registry}/hosts.toml" for registry in found]
    expected = "".join(image_cache.hosts_toml(registry) for registry in found)
    missing = cache(lambda: [node for node in nodes if docker.files(node, paths) != expected])
    yield Work(f"write {folder}", lambda: _write(folder, found), lambda: bool(missing()))
    for node in nodes or ["NODE"]:
        command = partial(docker.copying, folder, node, str(Path(_CERTS).parent))
        yield Action(command, "the caches", partial(lambda node: node in missing(), node))


def disconnect(network: str, of_cluster: list[str]) -> None:
    """Disconnect all caches from a network that no other container is in, since Docker refuses to remove it else."""
    caches = docker.containers(image_cache.LABEL)
    attached = docker.attached(network)
    if not set(attached) - set(caches) - set(of_cluster):
        for name in sorted(set(attached) & set(caches)):
            docker.disconnect(network, name)


def prune() -> list[str]:
    """Remove all caches with their contents; returns their names. Nodes then pull from the registries themselves."""
    names = docker.containers(image_cache.LABEL)
    if names:
        docker.remove_containers(names)
    volumes = docker.volumes(image_cache.LABEL)
    if volumes:
        docker.remove_volumes(volumes)
    return sorted({*names, *volumes})


def _try(registry: str, command: Command) -> None:
    try:
        run(command)
    except (CommandFailed, CommandTimedOut) as failure:
        # Docker leaves a container that it could not start.
        name = image_cache.name(registry)
        if name in docker.containers(image_cache.LABEL):
            docker.remove_containers([name])
        problem = _refusal(failure)
        console.warn(f"no cache of {registry}, {_NOT_CACHED}: {problem.message}")
        console.hint(problem.hint)


def _refusal(failure: PenstockError) -> PenstockError:
    complaint = failure.result.complaint if isinstance(failure, CommandFailed) else failure.message
    lines = [line for line in complaint.splitlines() if line and not line.startswith(_FURTHER)]
    fix = docker.advice(complaint)
    message = (lines or [failure.message])[-1].removeprefix("docker: ").removeprefix("Error response from daemon: ")
    return PenstockError(
        message, fix or f"see that `docker pull {image_cache.IMAGE}` works, or cluster.imageCache: false"
    )


def _write(folder: Path, found: list[str]) -> None:
    with writing(folder):
        for registry in found:
            (folder / registry).mkdir(parents=True, exist_ok=True)
            (folder / registry / "hosts.toml").write_text(image_cache.hosts_toml(registry))
