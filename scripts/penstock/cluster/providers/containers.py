"""The base of k3d and kind: nodes are containers in the local Docker, and pods really run."""

from __future__ import annotations

import shutil
import socket
from abc import abstractmethod
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar

from penstock.cluster import image_cache
from penstock.cluster.actions import Action, Plan, Work
from penstock.cluster.providers import checks
from penstock.cluster.providers.provider import Address, Problem, Provider
from penstock.cluster.session import Session
from penstock.core import yaml
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically, writing
from penstock.core.interrupts import uninterrupted
from penstock.core.process import Command, CommandFailed, CommandTimedOut, run
from penstock.platform import environments
from penstock.platform.cluster import Cluster
from penstock.tools import docker, resolver
from penstock.tools.on_path import Required

# If Docker runs in a VM, the gateway of its network isn't an address of this machine; Docker Desktop forwards this name
# to 127.0.0.1 of this machine.
_DESKTOP = Address("127.0.0.1", "host.docker.internal")
_DOMAIN = "cluster.local"
_CLEAR = "`inv down` clears away what is left"


class Containers(Provider):
    """A cluster whose nodes are containers, labelled `<label>=<cluster>`."""

    label: ClassVar[str]

    def fits(self, cluster: Cluster) -> str:
        if getattr(cluster, self.name) is None:
            return f"its file in environments/ has no `cluster.{self.name}`"
        if cluster.domain != _DOMAIN:
            return f"its cluster.domain is {cluster.domain}, and a cluster of {self.name} has {_DOMAIN}"
        return ""

    @abstractmethod
    def config(self, session: Session) -> dict[str, Any]:
        """Return the cluster's config file, in the format of the provider's program."""

    @abstractmethod
    def creation(self, session: Session) -> Command:
        """Return the command that creates the cluster from the config file."""

    @abstractmethod
    def deletion(self, session: Session) -> Command:
        """Return the command that deletes the cluster."""

    @abstractmethod
    def kubeconfig(self, session: Session) -> bytes:
        """Return the kubeconfig of the cluster."""

    @abstractmethod
    def start(self, session: Session) -> None:
        """Start the existing containers of the cluster."""

    @abstractmethod
    def network(self, session: Session) -> str:
        """Return the name of the nodes' Docker network."""

    @abstractmethod
    def programs(self) -> list[Required]:
        """Return the programs that must be on PATH."""

    @abstractmethod
    def reason(self, complaint: str) -> str:
        """Return the part of the creating program's error output that gives the reason."""

    @abstractmethod
    def leavings(self, session: Session) -> tuple[list[str], list[str]]:
        """Return the existing networks and volumes that were created with this cluster and belong to no other."""

    def configure_caches(self, session: Session) -> Plan:
        """Configure the image caches in the nodes, if `config` doesn't."""
        return ()

    def missing(self) -> str:
        if not shutil.which("docker"):
            return "docker is not on PATH"
        lacks = [said for program in self.programs() if (said := program.lacks())]
        if lacks:
            return lacks[0]
        try:
            docker.daemon()
        except PenstockError as error:
            return error.message
        return ""

    def problems(self, session: Session) -> list[Problem]:
        found = [Problem(said, program.fix) for program in self.programs() if (said := program.lacks())]
        try:
            return found + list(self._of_docker(session, docker.daemon()))
        except PenstockError as error:
            return [*found, Problem(error.message, error.hint)]

    def create(self, session: Session, step: Step) -> Plan:
        missing = cache(lambda: not self._containers(session))
        config = self.config_file(session)
        yield from image_cache.start(session)
        yield Work(f"write {config}", lambda: self._prepare_creation(session), missing)
        yield Action(partial(self.creation, session), "the cluster", missing, partial(self._create, session))
        yield Work("start its containers if they are stopped", lambda: self._started(session, step, missing()))
        yield from image_cache.connect(session, self.network(session))
        yield from self.configure_caches(session)

    def address(self, session: Session) -> Address | None:
        gateway = docker.gateway(self.network(session))
        if gateway is None:
            return None
        return Address(gateway, gateway) if _is_ours(gateway) else _DESKTOP

    def node_names(self, session: Session) -> list[str]:
        return self._containers(session)

    def forwarded(self, session: Session) -> dict[int, int]:
        return session.cluster.in_docker[self.name].forwarded

    def published(self, session: Session) -> dict[int, str]:
        """Return the ports of this machine that the cluster takes, each with the setting that names it."""
        settings = session.cluster.in_docker[self.name]
        return {settings.http: f"cluster.{self.name}.http", settings.https: f"cluster.{self.name}.https"}

    def delete(self, session: Session) -> Plan:
        # Local processes are ended first, so they stop listening even if Docker fails.
        yield from super().delete(session)
        containers = cache(lambda: self._containers(session))
        # With another container in its network, k3d would leave the network behind.
        network = self.network(session)
        yield Work(f"disconnect the image caches from {network}", lambda: image_cache.disconnect(network, containers()))
        yield Action(partial(self.deletion, session), "the cluster", lambda: bool(containers()))
        yield Work("", lambda: ", ".join([*containers(), *self._cleared(session)]))

    def config_file(self, session: Session) -> Path:
        """Return the path of the config file."""
        return session.state.folder / f"{self.name}.yaml"

    def _prepare_creation(self, session: Session) -> None:
        with writing(session.state.folder):
            self.config_file(session).write_text(yaml.dump(self.config(session), sort_keys=False))
        if self.network(session) not in docker.networks():
            session.recorded.network = self.network(session)
            session.note()

    def _create(self, session: Session, command: Command) -> None:
        try:
            # The program removes what it created if it fails, but not if it is interrupted.
            with uninterrupted():
                run(command)
        except CommandFailed as failure:
            if not self._containers(session):
                self._clear(session)
            reason = self.reason(failure.result.complaint)
            hint = docker.advice(reason) or failure.hint
            raise PenstockError(f"the cluster was not made: {reason}", f"{hint}\n{_CLEAR}") from None
        except CommandTimedOut as failure:
            raise PenstockError(f"the cluster was not made: {failure.message}", f"{failure.hint}\n{_CLEAR}") from None
        if not self._containers(session):
            raise PenstockError(
                f"{self.name} ended well, but there is no container of {session.recorded.cluster}",
                f"{self.name} version",
            )

    def _started(self, session: Session, step: Step, is_new: bool) -> str:
        containers = self._containers(session)
        if not is_new and not session.recorded.phase and not session.state.kubeconfig.is_file():
            raise PenstockError(f"the cluster was only half made: {', '.join(containers)}", f"{_CLEAR}; then inv up")
        if not is_new and not session.kubectl.is_ready():
            step.note("starting its containers")
            self.start(session)
        write_atomically(session.state.kubeconfig, self.kubeconfig(session), 0o600)
        return f"{session.recorded.cluster}, {len(containers)} containers"

    def _cleared(self, session: Session) -> list[str]:
        left = self._containers(session)
        if left:
            raise PenstockError(f"still there: {', '.join(left)}", f"docker rm --force --volumes {' '.join(left)}")
        return self._clear(session)

    def _clear(self, session: Session) -> list[str]:
        """Remove what an interrupted creation left behind, and return the names."""
        networks, volumes = self.leavings(session)
        for name in networks:
            docker.remove_network(name)
        if volumes:
            docker.remove_volumes(volumes)
        return [*(f"network {name}" for name in networks), *(f"volume {name}" for name in volumes)]

    def _containers(self, session: Session) -> list[str]:
        return docker.containers(f"{self.label}={session.recorded.cluster}")

    def _of_docker(self, session: Session, daemon: docker.Daemon) -> Iterator[Problem]:
        """Check Docker; an existing cluster of this checkout already has its memory and ports."""
        yield from checks.inotify()
        version = environments.read(session.layout, session.environment).kubernetes.version
        yield from checks.cgroups(daemon, version)
        there = self._containers(session)
        if session.state.exists and there:
            return
        with resolver.by_name():
            command = self.deletion(session).line
        yield from checks.left_over(session.recorded.cluster, there, command)
        objects, settings = session.manifests.all_objects(), session.cluster.in_docker[self.name]
        yield from checks.node_image(settings.image, version, f"cluster.{self.name}.image")
        yield from checks.disk(daemon, session.archives, settings.pod_nodes)
        yield from checks.memory(daemon, objects)
        yield from checks.cores(daemon, objects, settings.pod_nodes)
        yield from checks.rootless(daemon, self.published(session))
        if not there:
            yield from checks.ports(self.published(session))


def _is_ours(address: str) -> bool:
    """Whether an address belongs to this machine."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
