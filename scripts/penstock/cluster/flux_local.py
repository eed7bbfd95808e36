"""Flux as local processes, for clusters without running containers."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

from penstock.cluster import crds, processes
from penstock.cluster.actions import Action, Plan, Work, applying
from penstock.cluster.session import Session
from penstock.cluster.state import State
from penstock.core.console import Step
from penstock.core.process import Command
from penstock.gitops import objects
from penstock.tools import flux
from penstock.tools.kubectl import PENSTOCK

_SCRATCH = "tmp"


def install(session: Session, step: Step) -> Plan:
    """Apply Flux's CustomResourceDefinitions, and start its processes unless they run."""
    kubectl, recorded = session.kubectl, session.recorded
    definitions = {_crd_name(path) for path in flux.crds()}
    outdated = cache(lambda: recorded.flux != flux.version() or not definitions <= set(crds.names(kubectl)))

    def applied() -> None:
        crds.await_established(kubectl, definitions, step)
        recorded.flux = flux.version()
        session.note()

    files = partial(kubectl.applying_files, flux.crds(), PENSTOCK)
    yield Action(files, "Flux's CustomResourceDefinitions", outdated)
    yield applying(session, [objects.namespace()], PENSTOCK, outdated)
    yield Work("wait until the API server serves the definitions", applied, outdated)
    recorded.artifact_port = recorded.artifact_port or processes.free_port()
    for name in flux.CONTROLLERS:
        command = partial(_controller, session.state, name, recorded.artifact_port)
        yield Action(command, name, partial(processes.is_dead, recorded, name), partial(_start, session, name))
    yield Work("", flux.version)


def _start(session: Session, name: str, command: Command) -> None:
    if name == "source-controller":
        (session.state.folder / "artifacts").mkdir(exist_ok=True)
        processes.refuse_taken(session.recorded.artifact_port, name)
    (session.state.folder / _SCRATCH).mkdir(exist_ok=True)
    session.recorded.restarted = True
    processes.start(session.state, session.recorded, name, command)


def _controller(state: State, name: str, port: int) -> Command:
    if name == "source-controller":
        return flux.source_controller(state.kubeconfig, state.folder / "artifacts", port)
    return flux.kustomize_controller(state.kubeconfig, state.folder / _SCRATCH)


def _crd_name(path: Path) -> str:
    group, _, plural = path.stem.partition("_")  # controller-gen names the file <group>_<plural>.yaml
    return f"{plural}.{group}"
