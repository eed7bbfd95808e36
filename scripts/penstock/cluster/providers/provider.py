"""What a provider is: where a cluster runs, how it comes to be, and how it goes."""

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
    """What stands in the way of a cluster, and its fix. One that isn't `fatal` is only said."""

    what: str
    fix: str
    fatal: bool = True


@dataclass(frozen=True)
class Address:
    """Where the Git source listens, and the host under which Flux reaches it."""

    bind: str
    host: str


class Provider(ABC):
    """One kind of cluster.

    `banner` says what is real in it. `runs_pods`: containers run, so their readiness and DNS mean something; without
    them Flux and the sources of others are local too. `makes`: clusters are made and deleted here. `sources` are where
    Flux can take the manifests from, the usual one first. `timeout` is how long one wait may take, `patience` how long
    a failure that Flux reports may last before `up` gives up, in seconds.
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
        """Why an environment with these settings can't run here; empty when it can."""

    @abstractmethod
    def missing(self) -> str:
        """What this machine lacks for it, in a few words; empty when it lacks nothing. Builds nothing."""

    @abstractmethod
    def problems(self, session: Session) -> list[Problem]:
        """All that would make `up` fail and can be known before anything is started."""

    def prepare(self) -> None:
        """Find or build every program that is needed; raises PenstockError if one is missing."""
        resolver.ensure(["kubectl"])
        modules.ensure()

    @abstractmethod
    def create(self, session: Session, step: Step) -> Plan:
        """Bring the control plane up, or leave it alone if it is; the message describes it."""

    @abstractmethod
    def address(self, session: Session) -> Address | None:
        """Where the Git source has to listen; None while the cluster isn't there."""

    def forwarded(self, session: Session) -> dict[int, int]:
        """Port of the nodes -> port of this machine that leads to it."""
        return {}

    def delete(self, session: Session) -> Plan:
        """End our processes, and delete the cluster if it was created here; the messages name what was removed."""
        running = session.recorded.processes
        if running:
            pids = [str(process.pid) for process in running.values()]
            command = Command(["kill", *pids])
            yield Action(lambda: command, ", ".join(running), run=lambda _: ", ".join(stop_all(session.recorded)))
