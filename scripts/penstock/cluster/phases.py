"""The four phases of `inv up`, the same for every provider. Each step acts only where something is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from penstock.cluster import bootstrap, dns, flux_local, kwok, operators, processes, sync, volumes
from penstock.cluster.session import Session
from penstock.cluster.waiting import until
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.gitops import status


@dataclass(frozen=True)
class Phase:
    """A phase: its number, its title, and what it does."""

    number: int
    title: str
    run: Callable[[Session, console.Step], str]


def cluster(session: Session, step: console.Step) -> str:
    """Phase 1: the control plane, its nodes, volumes for the claims of the manifests, and what Flux itself needs."""
    kwok.start(session.state, session.noted, step)
    until(
        lambda: True if session.kubectl.is_ready() else None,
        session.timeout,
        step,
        "the API server",
        lambda: PenstockError("the API server did not become ready", "inv logs kube-apiserver"),
    )
    step.note("nodes and volumes")
    session.kubectl.apply([*kwok.nodes(), *volumes.volumes(session.manifests.all_objects())], manager="penstock")
    operators.apply(session.kubectl, session.manifests.all_objects())
    applied = bootstrap.bootstrap(session, step)
    made = f", {', '.join(applied)} applied" if applied else ""
    return f"Kubernetes on 127.0.0.1, {len(kwok.nodes())} simulated nodes{made}; {names(session, step)}"


def names(session: Session, step: console.Step) -> str:
    """The end of phase 1: whether pods can resolve names, which Flux' pods need first of all."""
    if session.noted.provider == kwok.NAME:
        return "names not checked, no pod runs"
    return dns.check(session.kubectl, session.domain, session.timeout, step)


def flux(session: Session, step: console.Step) -> str:
    """Phase 2: Flux, and the Git source over the working tree."""
    flux_local.install(session, step)
    snapshot = flux_local.serve(session, step)
    return f"{snapshot.commit[:12]}" + (" (with uncommitted changes)" if snapshot.is_dirty else "")


def platform(session: Session, step: console.Step) -> str:
    """Phase 3: Flux applies the components in their order, until all are Ready."""
    made = sync.make_secrets(session, step)
    sync.apply(session, step)
    return f"{len(session.manifests.components)} components Ready" + (f", {len(made)} secrets made" if made else "")


def ownership(session: Session, step: console.Step) -> str:
    """Phase 4: everything in manifests/ is owned by Flux."""
    step.note("comparing Flux' inventories with manifests/")
    processes.refuse_dead(session.noted, list(session.noted.processes))
    found = status.kustomizations(session.kubectl)
    return f"{sync.prove_ownership(session, found)} objects, all owned by Flux"


PHASES = [
    Phase(1, "cluster", cluster),
    Phase(2, "Flux and the Git source", flux),
    Phase(3, "platform", platform),
    Phase(4, "ownership", ownership),
]


def run(session: Session, wanted: list[Phase]) -> None:
    """Run phases in order, with their names and times."""
    for phase in wanted:
        with console.step(f"{phase.number} {phase.title}") as step:
            step.result = phase.run(session, step)
        session.reached(phase.number)
