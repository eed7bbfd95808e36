"""The rehearsal: the real control plane and the real Flux run over this working tree, then all of it is taken down."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from penstock.cluster import kwok, phases, processes
from penstock.cluster.session import Session
from penstock.cluster.state import Noted, State
from penstock.core import console
from penstock.core.errors import Findings
from penstock.core.layout import Layout, find_platform
from penstock.hydrate import environments

_TIMEOUT = 180.0
_LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
_WORKLOADS = "deployments,statefulsets,daemonsets"


def rehearse() -> None:
    """Bring every environment up on a throw-away state folder, assert what must hold, take it down."""
    layout = find_platform()
    kwok.prepare()
    for name in environments.names(layout):
        with tempfile.TemporaryDirectory(prefix="penstock-rehearsal-") as folder:
            _rehearse(layout, name, State(Path(folder) / name))


def _rehearse(layout: Layout, environment: str, state: State) -> None:
    state.prepare()
    session = Session(layout, environment, state, Noted(provider=kwok.NAME, environment=environment), _TIMEOUT)
    started: dict[str, Any] = {}
    try:
        phases.run(session, phases.PHASES)
        started = dict(session.noted.processes)
        findings = _unsettled(session) + _reachable_from_outside(session)
        before = _generations(session)
        console.info("  again, which must change nothing:")
        phases.run(session, phases.PHASES)
        after = _generations(session)
        findings += [f"{key} was changed by a second run" for key in before if after.get(key) != before[key]]
    finally:
        kwok.adopt(state, session.noted)
        processes.stop_all(session.noted)
    findings += [
        f"{name} still runs after the rehearsal" for name, process in started.items() if processes.find(process)
    ]
    if findings:
        raise Findings([f"{environment}: {finding}" for finding in findings], "inv up shows the same by hand")
    console.good(f"{environment}: rehearsed; {len(before)} objects stayed as they were in the second run")


def _unsettled(session: Session) -> list[str]:
    """Pods that don't run, claims that aren't bound, workloads that lack replicas."""
    kubectl = session.kubectl
    findings = [
        f"pod {_name(item)} is {item['status'].get('phase')}"
        for item in kubectl.get("pods", "-A")
        if item["status"].get("phase") not in ("Running", "Succeeded")
    ]
    findings += [
        f"claim {_name(item)} is {item['status'].get('phase')}"
        for item in kubectl.get("pvc", "-A")
        if item["status"].get("phase") != "Bound"
    ]
    return findings


def _reachable_from_outside(session: Session) -> list[str]:
    running = {name: processes.find(process) for name, process in session.noted.processes.items()}
    return [
        f"{name} listens on {socket.laddr.ip}:{socket.laddr.port}, not only on 127.0.0.1"
        for name, process in running.items()
        for socket in (process.net_connections("tcp") if process else [])
        if socket.status == "LISTEN" and socket.laddr.ip not in _LOOPBACK
    ]


def _generations(session: Session) -> dict[str, int]:
    """Every object of the manifests whose spec has a generation, and that number: a change of the spec raises it."""
    found = session.kubectl.get(f"{_WORKLOADS},networkpolicies,poddisruptionbudgets", "-A")
    return {f"{item['kind']} {_name(item)}": item["metadata"]["generation"] for item in found}


def _name(item: dict[str, Any]) -> str:
    return f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
