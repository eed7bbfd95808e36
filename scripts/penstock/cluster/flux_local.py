"""Flux as local processes, for clusters without running containers."""

from __future__ import annotations

from pathlib import Path

from penstock.cluster import crds, processes
from penstock.cluster.session import Session
from penstock.cluster.state import State
from penstock.core.console import Step
from penstock.core.process import Command
from penstock.gitops import objects
from penstock.tools import flux
from penstock.tools.kubectl import PENSTOCK


def install(session: Session, step: Step) -> str:
    """Apply Flux's definitions, start its missing processes, and return its version."""
    kubectl = session.kubectl
    definitions = {_crd_name(path) for path in flux.crds()}
    if session.recorded.flux != flux.version() or not definitions <= set(crds.names(kubectl)):
        step.note("applying Flux's CustomResourceDefinitions")
        for command in _applied(session):
            kubectl.carry_out(command)
        crds.await_established(kubectl, definitions, step)
        session.recorded.flux = flux.version()
        session.note()
    step.note("starting Flux's controllers")
    state, recorded = session.state, session.recorded
    (state.folder / "artifacts").mkdir(exist_ok=True)
    recorded.artifact_port = recorded.artifact_port or processes.free_port()
    for name in flux.CONTROLLERS:
        if not processes.is_alive(recorded, name):
            if name == "source-controller":
                processes.refuse_taken(recorded.artifact_port, name)
            ports = flux.Ports(processes.free_port(), processes.free_port(), recorded.artifact_port)
            recorded.restarted = True
            processes.start(state, recorded, name, _controller(state, name, ports))
    return flux.version()


def commands(session: Session) -> list[Command]:
    """The commands that `install` runs without an existing Flux; port 0 stands for any free one."""
    started = [
        _controller(session.state, name, flux.Ports(0, 0, session.recorded.artifact_port)) for name in flux.CONTROLLERS
    ]
    return [*_applied(session), *started]


def _applied(session: Session) -> list[Command]:
    return [
        session.kubectl.applying_files(flux.crds(), "Flux's CustomResourceDefinitions", PENSTOCK),
        session.kubectl.applying([objects.namespace()], PENSTOCK),
    ]


def _controller(state: State, name: str, ports: flux.Ports) -> Command:
    if name == "source-controller":
        return flux.source_controller(state.kubeconfig, state.folder / "artifacts", ports)
    return flux.kustomize_controller(state.kubeconfig, ports)


def _crd_name(path: Path) -> str:
    group, _, plural = path.stem.partition("_")  # controller-gen names the file <group>_<plural>.yaml
    return f"{plural}.{group}"
