"""The four phases of `inv up` and their steps, the same for every provider.

A step acts only if something is missing. Each step is also a verb.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from penstock.cluster import bootstrap, dns, git_source, ownership, processes, sync
from penstock.cluster.session import Session
from penstock.cluster.waiting import until
from penstock.core import console
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, CommandTimedOut


@dataclass(frozen=True)
class Action:
    """A step of a phase: a function that returns a message, and the commands with which it changes a cluster."""

    run: Callable[[Session, Step], str]
    commands: Callable[[Session], list[Command]]


@dataclass(frozen=True)
class Phase:
    """A phase: its number, its title, and its steps."""

    number: int
    title: str
    actions: Callable[[Session], list[Action]]


def create(session: Session, step: Step) -> str:
    """Create the control plane and its nodes, and wait for the API server."""
    message = session.provider.create(session, step)
    until(
        lambda: True if session.kubectl.is_ready() else None,
        session.timeout,
        step,
        "the API server",
        lambda: PenstockError("the API server did not become ready", _look(session)),
    )
    return message


def _look(session: Session) -> str:
    if not session.provider.makes:
        return f"KUBECONFIG={session.state.kubeconfig} kubectl cluster-info"
    return "docker ps -a; docker logs NAME" if session.provider.runs_pods else "inv logs kube-apiserver"


def names(session: Session, step: Step) -> str:
    """Check that pods can resolve names, which Flux's pods need first."""
    if not session.provider.runs_pods:
        return "names not checked, no pod runs"
    return dns.check(session.kubectl, session.cluster.domain, session.timeout, step)


def component(name: str) -> Action:
    """The step that applies a bootstrap component."""
    return Action(
        lambda session, step: bootstrap.apply(session, name, step), lambda session: bootstrap.commands(session, name)
    )


CREATE = Action(create, lambda session: session.provider.create_commands(session))
NAMES = Action(names, lambda _: [])
FLUX = Action(
    lambda session, step: session.provider.install_flux(session, step),
    lambda session: session.provider.flux_commands(session),
)
SOURCE = Action(git_source.setup, git_source.commands)
ENABLE = Action(sync.enable, sync.commands)
OWNERSHIP = Action(ownership.prove, lambda _: [])

PHASES = [
    Phase(1, "cluster", lambda session: [CREATE, *map(component, session.bootstrap), NAMES]),
    Phase(2, "Flux and the Git source", lambda _: [FLUX, SOURCE]),
    Phase(3, "platform", lambda _: [ENABLE]),
    Phase(4, "ownership", lambda _: [OWNERSHIP]),
]


def carry_out(action: Action, session: Session, step: Step) -> str:
    """Run one step; if a command fails because a local process has ended, raises the error of that process."""
    try:
        return action.run(session, step)
    except (CommandFailed, CommandTimedOut):
        processes.refuse_dead(session.recorded, list(session.recorded.processes))
        raise


def run(session: Session, phases: list[Phase]) -> None:
    """Run phases in order, and show their titles and times."""
    for phase in phases:
        with console.step(f"{phase.number} {phase.title}") as step:
            step.result = "; ".join(
                filter(None, [carry_out(action, session, step) for action in phase.actions(session)])
            )
        session.reached(phase.number)
