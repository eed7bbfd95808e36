"""inv status: show phases, nodes, every Kustomization with its revision and reason, and the workloads."""

from __future__ import annotations

import msgspec

from penstock.cluster import processes
from penstock.cluster.nodes import late
from penstock.cluster.phases import PHASES
from penstock.cluster.session import Session
from penstock.cluster.workloads import Workload, workloads
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.gitops import status as flux
from penstock.gitops.status import Kustomization
from penstock.verbs.target import looking


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The output of `inv status --json`. `processes` maps each local process to whether it runs."""

    environment: str
    provider: str
    phase: int
    phases: dict[str, bool]
    revision: str
    processes: dict[str, bool]
    nodes: dict[str, bool]
    kustomizations: list[Kustomization]
    workloads: list[Workload]


def status(environment: str, as_json: bool) -> None:
    """Print the status; raises PenstockError if there is no cluster or its API server doesn't answer."""
    session = looking(environment)
    if as_json:
        console.out(msgspec.json.format(msgspec.json.encode(collect(session))).decode())
    else:
        show(session)


def collect(session: Session) -> Status:
    """Read the status from the cluster."""
    running = {name: processes.is_alive(session.recorded, name) for name in session.recorded.processes}
    refuse_silent(session)
    return Status(
        environment=session.environment,
        provider=session.recorded.provider,
        phase=session.recorded.phase,
        phases={phase.title: session.recorded.phase >= phase.number for phase in PHASES},
        revision=session.recorded.revision,
        processes=running,
        nodes={name: not reason for name, reason in late(session.kubectl).items()},
        kustomizations=list(flux.kustomizations(session.kubectl).values()) if session.recorded.flux else [],
        workloads=workloads(session.kubectl),
    )


def refuse_silent(session: Session) -> None:
    """Raise PenstockError if the API server doesn't answer, with the local processes that have ended."""
    if not session.kubectl.is_ready():
        dead = [name for name in session.recorded.processes if not processes.is_alive(session.recorded, name)]
        raise PenstockError(
            f"the API server of {session.environment} does not answer"
            + (f"; not running: {', '.join(dead)}" if dead else ""),
            "inv up brings it back",
        )


def show(session: Session) -> None:
    """Print the status as tables."""
    found = collect(session)
    ready = sum(found.nodes.values())
    done = ", ".join(f"{title} {'done' if is_done else 'not done'}" for title, is_done in found.phases.items())
    console.out(f"{found.environment} on {found.provider}: {ready} of {len(found.nodes)} nodes Ready; {done}")
    dead = [name for name, alive in found.processes.items() if not alive]
    if dead:
        console.warn(f"not running: {', '.join(dead)}; `inv up` starts them again")
    console.out("")
    console.table(*kustomization_rows(found.kustomizations))
    console.out("")
    console.table(
        ["NAMESPACE", "WORKLOAD", "READY"],
        [[item.namespace, f"{item.kind}/{item.name}", f"{item.ready}/{item.wanted}"] for item in found.workloads],
    )


def kustomization_rows(found: list[Kustomization]) -> tuple[list[str], list[list[str]]]:
    """Return the headings and rows of a table of Kustomizations."""
    rows = [
        [
            item.name,
            "Ready" if item.ready else "not Ready",
            item.revision[:12],
            item.reason,
            ", ".join(item.depends_on),
            "" if item.ready else " ".join(item.message.split())[:80],
        ]
        for item in found
    ]
    return ["KUSTOMIZATION", "STATE", "REVISION", "REASON", "AFTER", "MESSAGE"], rows
