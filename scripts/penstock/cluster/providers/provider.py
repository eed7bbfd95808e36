"""The interface of providers, which create and delete clusters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from penstock.cluster.actions import Action, Plan
from penstock.cluster.processes import stop_all
from penstock.cluster.state import Source
from penstock.core.console import Step
from penstock.core.process import Command
from penstock.platform.cluster import Cluster
from penstock.tools import modules, resolver

if TYPE_CHECKING:
    from penstock.cluster.session import Session


@dataclass(frozen=True)
class Problem:
    """A problem with creating a cluster, and its fix; one that isn't `fatal` is only a warning."""

    what: str
    fix: str
    fatal: bool = True


@dataclass(frozen=True)
class Address:
    """The address that the Git source binds, and the host by which Flux reaches it."""

    bind: str
    host: str


class Provider(ABC):
    """One kind of cluster.

    `banner` describes which parts are real. `runs_pods` is set if containers run; otherwise readiness and DNS can't be
    checked, and Flux runs as local processes. `makes` is set if Penstock creates and deletes the clusters. `sources`
    are the possible sources of the manifests for Flux, the default first. `timeout` limits one wait, and `patience` how
    long a failure that Flux reports may last before `up` gives up, both in seconds.
    """

    name: ClassVar[str]
    banner: ClassVar[str]
    runs_pods: ClassVar[bool] = True
    makes: ClassVar[bool] = True
    sources: ClassVar[tuple[Source, ...]] = ("local", "remote")
    timeout: ClassVar[float] = 900.0
    patience: ClassVar[float] = 330.0

    @abstractmethod
    def fits(self, cluster: Cluster) -> str:
        """Return why an environment with these settings can't run on this provider; empty if it can."""

    @abstractmethod
    def missing(self) -> str:
        """Return what this machine lacks for the provider, in a few words; empty if nothing. Builds nothing."""

    @abstractmethod
    def problems(self, session: Session) -> list[Problem]:
        """Return all problems that can be found before anything is started."""

    def prepare(self) -> None:
        """Find or build the programs that are needed; raises PenstockError if one is missing."""
        resolver.ensure(["kubectl"])
        modules.ensure()

    @abstractmethod
    def create(self, session: Session, step: Step) -> Plan:
        """Create the control plane, or leave a running one alone; the message describes it."""

    @abstractmethod
    def address(self, session: Session) -> Address | None:
        """Return the address for the Git source; None while the cluster doesn't exist."""

    def node_names(self, session: Session) -> list[str]:
        """Return the Docker containers that are the nodes; none elsewhere."""
        return []

    def forwarded(self, session: Session) -> dict[int, int]:
        """Return the ports of the nodes, each with the port of this machine that leads to it."""
        return {}

    def delete(self, session: Session) -> Plan:
        """End the local processes, and delete the cluster if it was created here; the messages name what is removed."""
        running = session.recorded.processes
        if running:
            pids = [str(process.pid) for process in running.values()]
            command = Command(["kill", *pids])
            yield Action(lambda: command, ", ".join(running), run=lambda _: ", ".join(stop_all(session.recorded)))
