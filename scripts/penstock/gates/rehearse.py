"""The rehearsal: the real control plane and the real Flux run over this working tree, then all of it is taken down."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from penstock.cluster import bootstrap, phases, processes, workloads
from penstock.cluster.providers.kwok import Kwok
from penstock.cluster.session import Session
from penstock.cluster.state import Noted, State
from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import Layout, find_platform
from penstock.gates import ordering, owned
from penstock.platform import environments
from penstock.platform.cluster import Cluster

_KWOK = Kwok()
_LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


def rehearse() -> None:
    """Bring every environment up on a throw-away state folder, assert what must hold, take it down.

    Then, for one of them, show that the order is needed and that it is enough.
    """
    layout = find_platform()
    _KWOK.prepare()
    names = environments.names(layout)
    for name in names:
        with _cluster(layout, name, environments.cluster(layout, name)) as session:
            unchanged, findings = _rehearse(session)
        _refuse(name, findings + _left_behind(session))
        console.good(f"{name}: rehearsed; {unchanged} objects stayed as they were in the second run")
    name = names[0]
    with _cluster(layout, name, Cluster()) as session:
        disorder = ordering.without_edges(session)
    console.good(f"{name}: without dependsOn Flux fails: {disorder}")
    with _cluster(layout, name, Cluster()) as session:
        phases.run(session, phases.PHASES)
        _refuse(name, ordering.disorders(session))
    console.good(f"{name}: with dependsOn Flux alone brings everything up, and never lacked a kind or a namespace")


@contextmanager
def _cluster(layout: Layout, environment: str, settings: Cluster) -> Iterator[Session]:
    """A session on a state of its own, all that it started is ended."""
    with tempfile.TemporaryDirectory(prefix="penstock-rehearsal-") as folder:
        state = State(Path(folder) / environment)
        state.prepare()
        noted = Noted(provider=_KWOK.name, environment=environment)
        session = Session(layout, environment, state, noted, _KWOK.timeout, _KWOK, settings)
        try:
            yield session
        finally:
            _KWOK.delete(session)


def _rehearse(session: Session) -> tuple[int, list[str]]:
    """How many objects a second run left as they were, and what is wrong."""
    phases.run(session, phases.PHASES[:1])
    bootstrapped = _contents(session)
    phases.run(session, phases.PHASES[1:])
    adopted = _contents(session)
    findings = [f"{key} was changed when Flux adopted it" for key in bootstrapped if adopted[key] != bootstrapped[key]]
    findings += ordering.disorders(session) + _unsettled(session) + _reachable_from_outside(session)
    kinds = owned.kinds(session.kubectl)
    before = owned.read(session.kubectl, kinds)
    console.info("  again, which must change nothing:")
    phases.run(session, phases.PHASES)
    lines = owned.differences(before, owned.read(session.kubectl, kinds))
    return len(before), findings + [f"in a second run {line}" for line in lines]


def _refuse(environment: str, findings: list[str]) -> None:
    if findings:
        raise Findings([f"{environment}: {finding}" for finding in findings], "inv up shows the same by hand")


def _left_behind(session: Session) -> list[str]:
    return [
        f"{name} still runs after the rehearsal"
        for name, process in session.noted.processes.items()
        if processes.find(process)
    ]


def _contents(session: Session) -> dict[str, Any]:
    """What phase 1 applied by hand, as it is in the cluster now, without what the cluster itself keeps there."""
    applied = [item for component in session.bootstrap for item in bootstrap.by_hand(session, component)]
    found = session.kubectl.get_these(applied)
    if len(found) != len(applied):
        raise PenstockError(f"phase 1 applied {len(applied)} objects, and {len(found)} are there", "inv up; inv status")
    return {
        f"{item['kind']} {_name(item)}": (
            {key: value for key, value in item.items() if key not in ("metadata", "status")},
            item["metadata"].get("generation"),
        )
        for item in found
    }


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
    return findings + [
        f"{item.kind} {item.namespace}/{item.name} has {item.ready} of {item.wanted} pods ready"
        for item in workloads.workloads(kubectl)
        if item.ready != item.wanted
    ]


def _reachable_from_outside(session: Session) -> list[str]:
    running = {name: processes.find(process) for name, process in session.noted.processes.items()}
    return [
        f"{name} listens on {socket.laddr.ip}:{socket.laddr.port}, not only on 127.0.0.1"
        for name, process in running.items()
        for socket in (process.net_connections("tcp") if process else [])
        if socket.status == "LISTEN" and socket.laddr.ip not in _LOOPBACK
    ]


def _name(item: dict[str, Any]) -> str:
    return f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
