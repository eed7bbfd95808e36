"""The four phases of `inv up` and their steps, the same for every provider.

A step acts only if something is missing. Each step is also a verb.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, takewhile

from penstock.cluster import bootstrap, dns, flux_local, flux_pods, git_source, images, ownership, processes, sync
from penstock.cluster.actions import Plan, StepPlan, Work, execute
from penstock.cluster.session import Session
from penstock.cluster.waiting import until
from penstock.core import console
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import CommandFailed, CommandTimedOut


@dataclass(frozen=True)
class Phase:
    """A phase of `inv up`."""

    number: int
    title: str
    plan: StepPlan


def create(session: Session, step: Step) -> Plan:
    """Create the control plane and its nodes, and wait for the API server."""
    yield from session.provider.create(session, step)
    yield Work("wait for the API server", lambda: _await_api_server(session, step))


def names(session: Session, step: Step) -> Plan:
    """Check that pods can resolve names, as Flux's pods must."""
    if session.provider.runs_pods:
        domain, timeout = session.cluster.domain, session.timeout
        yield Work("resolve names in a pod", lambda: dns.check(session.kubectl, domain, timeout, step))
    else:
        yield Work("", lambda: "names not checked, no pod runs")


def install_flux(session: Session, step: Step) -> Plan:
    """Install Flux: in pods if the cluster runs them, else as local processes."""
    return flux_pods.install(session, step) if session.provider.runs_pods else flux_local.install(session, step)


def carry_out(session: Session, plan: StepPlan, step: Step) -> None:
    """Carry out a plan; if a command fails because a local process ended, raises the error of that process."""
    try:
        step.result = "; ".join(execute(session, plan(session, step), step))
    except (CommandFailed, CommandTimedOut):
        processes.refuse_dead(session.recorded, list(session.recorded.processes))
        raise


def run(session: Session, phases: list[Phase]) -> None:
    """Run phases in order, and show their titles and times."""
    for phase in phases:
        with console.step(f"{phase.number} {phase.title}") as step:
            carry_out(session, phase.plan, step)
        session.reached(phase.number)


def _cluster(session: Session, step: Step) -> Plan:
    yield from create(session, step)
    # Definitions need no image.
    early = list(takewhile(lambda name: not bootstrap.has_pods(session, name), session.bootstrap))
    later = session.bootstrap[len(early) :]
    network = chain(_components(session, step, later), names(session, step))
    yield from images.load(session, _components(session, step, early), network)


def _components(session: Session, step: Step, components: list[str]) -> Plan:
    for component in components:
        yield from bootstrap.apply(session, step, component)


def _flux(session: Session, step: Step) -> Plan:
    yield from install_flux(session, step)
    yield from git_source.setup(session, step)


def _ownership(session: Session, step: Step) -> Plan:
    yield Work("compare Flux's inventories and the cluster with manifests/", lambda: ownership.prove(session, step))


def _await_api_server(session: Session, step: Step) -> None:
    until(
        lambda: True if session.kubectl.is_ready() else None,
        session.timeout,
        step,
        "the API server",
        lambda: PenstockError("the API server did not become ready", _look(session)),
    )


def _look(session: Session) -> str:
    if not session.provider.makes:
        return f"KUBECONFIG={session.state.kubeconfig} kubectl cluster-info"
    return "docker ps -a; docker logs NAME" if session.provider.runs_pods else "inv logs kube-apiserver"


PHASES = [
    Phase(1, "cluster", _cluster),
    Phase(2, "Flux and the Git source", _flux),
    Phase(3, "platform", sync.enable),
    Phase(4, "ownership", _ownership),
]
