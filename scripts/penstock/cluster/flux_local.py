"""Flux and the Git source as local processes: phase 2 where no container runs."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from penstock.cluster import processes
from penstock.cluster.session import Session
from penstock.cluster.state import State
from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command
from penstock.gitops import mirror, objects, server, snapshot, status
from penstock.tools import flux
from penstock.tools.git import head

SOURCE = "git-source"


def install(session: Session, step: Step) -> None:
    """Apply Flux' definitions, and start those of its processes that don't run."""
    kubectl = session.kubectl
    files = flux.crds()
    names = {f"customresourcedefinition.apiextensions.k8s.io/{_crd_name(path)}" for path in files}
    if session.noted.flux != flux.version() or not names <= set(kubectl.run("get", "crd", "-o", "name").text.split()):
        step.note("applying Flux' CustomResourceDefinitions")
        kubectl.apply_text(b"\n---\n".join(path.read_bytes() for path in files), manager="penstock")
        kubectl.run("wait", "--for=condition=Established", "--timeout=30s", *sorted(names))
        kubectl.apply([objects.namespace()], manager="penstock")
        session.noted.flux = flux.version()
        session.state.write(session.noted)
    step.note("starting Flux' controllers")
    _start_controllers(session)


def serve(session: Session, step: Step) -> snapshot.Snapshot:
    """Serve the working tree, and wait until Flux has fetched it."""
    head(session.layout.root)  # says what is wrong before anything is started
    folder = session.state.git
    taken = snapshot.take(session.layout, folder / server.NAME)
    mirrored(session)
    if not processes.is_alive(session.noted, SOURCE):
        session.noted.source_port = session.noted.source_port or processes.free_port()
        processes.refuse_taken(session.noted.source_port, SOURCE)
        argv = [sys.executable, "-m", "penstock.gitops.server", str(folder), str(session.noted.source_port)]
        env = {"PATH": os.environ.get("PATH", os.defpath)}
        processes.start(session.state, session.noted, SOURCE, Command(argv, env=env))
    session.noted.revision = taken.commit
    session.state.write(session.noted)
    session.kubectl.apply([objects.source(_url(session, server.NAME), session.environment)], manager="penstock")
    _await_fetch(session, step, taken.commit)
    return taken


def mirrored(session: Session) -> list[dict[str, Any]]:
    """The patches that make Flux take the sources of others from our own server too, which has a copy of each."""
    return [
        mirror.patch(item, _url(session, item.repository), mirror.make(item, session.state.git))
        for item in mirror.mirrors(session.manifests)
    ]


def _url(session: Session, repository: str) -> str:
    return f"http://127.0.0.1:{session.noted.source_port}/{repository}"


def _crd_name(path: Path) -> str:
    group, _, plural = path.stem.partition("_")  # controller-gen names the file <group>_<plural>.yaml
    return f"{plural}.{group}"


def _start_controllers(session: Session) -> None:
    state, noted = session.state, session.noted
    storage = state.folder / "artifacts"
    storage.mkdir(exist_ok=True)
    noted.artifact_port = noted.artifact_port or processes.free_port()
    for name in flux.CONTROLLERS:
        if processes.is_alive(noted, name):
            continue
        ports = flux.Ports(processes.free_port(), processes.free_port(), noted.artifact_port)
        command = (
            _source_controller(state, storage, ports)
            if name == "source-controller"
            else flux.kustomize_controller(state.kubeconfig, ports)
        )
        noted.restarted = True
        processes.start(state, noted, name, command)


def _source_controller(state: State, storage: Path, ports: flux.Ports) -> Command:
    processes.refuse_taken(ports.storage, "source-controller")
    return flux.source_controller(state.kubeconfig, storage, ports)


def _await_fetch(session: Session, step: Step, commit: str) -> None:
    def fetched() -> bool | None:
        processes.refuse_dead(session.noted, [SOURCE, "source-controller"])
        return True if status.source_revision(session.kubectl)[0] == commit else None

    def expired() -> PenstockError:
        return PenstockError(
            f"Flux did not fetch {commit[:12]}: {status.source_revision(session.kubectl)[1]}",
            f"inv logs source-controller; inv logs {SOURCE}",
        )

    if fetched():
        return
    reconcile(session, status.SOURCES, objects.SOURCE)
    until(fetched, session.timeout, step, f"Flux to fetch {commit[:12]}", expired)


def reconcile(session: Session, kind: str, *names: str) -> str:
    """Ask Flux to look at objects now; gives the token that it notes in status.lastHandledReconcileAt when it did.

    The annotation is Flux' own contract (reconcile.fluxcd.io).
    """
    token = str(time.time_ns())
    # Under kubectl's own name kustomize-controller would take it for a manual change, and undo it.
    words = ["annotate", "--overwrite", "--field-manager=penstock", kind, *names, "-n", flux.NAMESPACE]
    session.kubectl.run(*words, f"reconcile.fluxcd.io/requestedAt={token}")
    return token
