"""The provider kwok: the control plane and Flux as local processes on any machine, with simulated pods."""

from __future__ import annotations

from functools import cache, partial
from typing import ClassVar

from penstock.cluster import operators, processes, volumes
from penstock.cluster.actions import Action, Plan, Work, applying
from penstock.cluster.providers.provider import Address, Problem, Provider
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState, State
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.interrupts import uninterrupted
from penstock.core.process import Command, CommandFailed, run
from penstock.kube.ref import Content, ObjectRef
from penstock.platform.cluster import Cluster
from penstock.tools import flux, resolver
from penstock.tools.kubectl import PENSTOCK
from penstock.tools.kwokctl import PROGRAMS, Kwokctl


class Kwok(Provider):
    """A real control plane and real Flux, with simulated pods on `nodes` simulated nodes."""

    name = "kwok"
    banner = "kwok: the control plane and Flux are real, the nodes and pods are simulated: no container runs"
    runs_pods = False
    nodes: ClassVar[int] = 2
    sources = ("local",)
    timeout = 180.0
    patience = 25.0

    def fits(self, cluster: Cluster) -> str:
        return ""

    def missing(self) -> str:
        return ""

    def problems(self, session: Session) -> list[Problem]:
        return []

    def prepare(self) -> None:
        resolver.ensure([*PROGRAMS, *flux.CONTROLLERS])
        flux.crds()
        super().prepare()

    def create(self, session: Session, step: Step) -> Plan:
        control_plane = _kwokctl(session.state)
        missing = cache(lambda: not control_plane.exists)
        yield Work(
            f"write {control_plane.config}: six free ports, and the pinned programs",
            lambda: control_plane.configure(processes.free_ports(6)),
            missing,
        )
        creation = partial(control_plane.creation, session.state.kubeconfig)
        yield Action(creation, "the control plane", missing, partial(_create, session.state))
        yield Work(
            "start those of its processes that have ended", lambda: _restart(session.state, session.recorded, step)
        )
        yield applying(session, _simulated(session, self.nodes), PENSTOCK, what="nodes, volumes and definitions")
        yield Work("", lambda: f"Kubernetes on 127.0.0.1, {self.nodes} simulated nodes")

    def address(self, session: Session) -> Address:
        return Address("127.0.0.1", "127.0.0.1")

    def supply(self, session: Session) -> Plan:
        """Create the volumes and definitions that the session's manifests need and a running cluster lacks."""
        objects = session.manifests.all_objects()
        wanted = [*volumes.volumes(objects), *(item.content for item in operators.crds(objects))]
        present = {ObjectRef.of(item) for item in session.kubectl.get_these(wanted)}
        if new := [item for item in wanted if ObjectRef.of(item) not in present]:
            yield applying(session, new, PENSTOCK, what="volumes and definitions")

    def delete(self, session: Session) -> Plan:
        yield Work("", lambda: adopt(session.state, session.recorded))
        yield from super().delete(session)


def _restart(state: State, recorded: ClusterState, step: Step) -> None:
    """Start processes that have ended, as after a reboot."""
    control_plane = _kwokctl(state)
    adopt(state, recorded)
    dead = sorted(name for name in control_plane.ports() if not processes.is_alive(recorded, name))
    if not dead:
        return
    step.note(f"starting {', '.join(dead)} again")
    for name in dead:
        control_plane.forget(name)
    _refuse_taken_ports(control_plane, dead)
    control_plane.start()
    adopt(state, recorded)
    processes.refuse_dead(recorded, dead)


def adopt(state: State, recorded: ClusterState) -> None:
    """Record the processes that kwokctl started.

    After a reboot other processes may have their pids, so the arguments must contain the folder of the control plane.
    """
    control_plane = _kwokctl(state)
    if not control_plane.folder.is_dir():
        return
    for name, pid in control_plane.pids().items():
        if processes.mentions(pid, str(control_plane.folder)):
            processes.note(state, recorded, name, pid, control_plane.folder / "logs" / f"{name}.log")


def _kwokctl(state: State) -> Kwokctl:
    return Kwokctl(state.folder / "kwok", f"penstock-{state.folder.name}")


def _simulated(session: Session, count: int) -> list[Content]:
    """Return the nodes, volumes for the claims of the manifests, and CustomResourceDefinitions of operators."""
    nodes = [_node(f"node-{number}") for number in range(count)]
    objects = session.manifests.all_objects()
    return [*nodes, *volumes.volumes(objects), *(item.content for item in operators.crds(objects))]


def _create(state: State, command: Command) -> None:
    try:
        # kwokctl forks a process and writes its pid in two steps.
        with uninterrupted():
            run(command)
    except CommandFailed as failure:
        raise PenstockError(
            f"the control plane did not start: {failure.message}",
            f"its logs are in {_kwokctl(state).folder / 'logs'}; `inv down` clears it away",
        ) from None
    state.kubeconfig.chmod(0o600)


def _refuse_taken_ports(control_plane: Kwokctl, names: list[str]) -> None:
    ports = control_plane.ports()
    for name in names:
        for port in ports.get(name, []):
            processes.refuse_taken(port, name)


def _node(name: str) -> Content:
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "type": "kwok",
    }
    # kwok itself fills in the status.
    annotations = {"kwok.x-k8s.io/node": "fake"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "annotations": annotations, "labels": labels},
    }
