"""The actions of `inv up` and `inv down`: `execute` carries out a plan of them, `show` prints it.

A plan is a generator. Each action runs before the next one is generated, so later commands can contain what earlier
ones created, such as a port. Between its actions a plan only reads local state, since a dry run iterates over it too.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.cluster.waiting import patiently
from penstock.core import console
from penstock.core.console import Step
from penstock.core.process import Command, blotted
from penstock.kube.ref import Content
from penstock.tools import resolver
from penstock.tools.kubectl import FIELD_MANAGER, objects_in
from penstock.tools.pins import PROGRAMS

if TYPE_CHECKING:
    from penstock.cluster.session import Session


def always() -> bool:
    """The condition of an action that is always needed."""
    return True


@dataclass(frozen=True)
class Action:
    """A command that changes a cluster or one of its processes.

    `changes` describes the change in the progress and in a dry run. `needed` is called before `command`; a dry run
    ignores it, as if the cluster were empty. `run` replaces the plain execution of the command; it returns a message
    about the result, or None.
    """

    command: Callable[[], Command]
    changes: str
    needed: Callable[[], bool] = always
    run: Callable[[Command], str | None] | None = None


@dataclass(frozen=True)
class Work:
    """A wait, a check or a change without a command. `what` describes it in a dry run; if empty, it isn't shown.

    `run` returns a message about the result, or None.
    """

    what: str
    run: Callable[[], str | None]
    needed: Callable[[], bool] = always


Plan = Iterable[Action | Work]
StepPlan = Callable[["Session", Step], Plan]
"""The plan of a step or phase for a cluster; its waits report their progress to the `Step`."""


def applying(
    session: Session,
    objects: Sequence[Content],
    manager: str = FIELD_MANAGER,
    needed: Callable[[], bool] = always,
    what: str = "",
) -> Action:
    """Return the action that applies objects server-side; `what` describes them."""
    changes = ": ".join(filter(None, [what, objects_in(objects)]))
    return Action(lambda: session.kubectl.applying(objects, manager), changes, needed)


def execute(session: Session, plan: Plan, step: Step | None = None) -> list[str]:
    """Carry out a plan, report its progress to `step`, and return its messages.

    After a failure the plan is closed, so that it can end what it began.
    """
    found = (patiently(partial(_carried_out, session, action, step)) for action in plan if patiently(action.needed))
    try:
        return [message for message in found if message]
    finally:
        if isinstance(plan, Generator):
            plan.close()


def show(session: Session, plans: Iterable[tuple[str, StepPlan]]) -> None:
    """Print plans under their titles, as commands to type at the platform's root; runs nothing."""
    lines, programs = list[str](), dict[str, None]()
    with resolver.by_name():
        for title, plan in plans:
            lines += [f"# {title}"] if title else []
            for action in plan(session, Step("")):
                if isinstance(action, Work):
                    lines += [f"#   {action.what}"] if action.what else []
                else:
                    command = action.command()
                    programs[str(command.argv[0])] = None
                    lines.append(f"{_typed(command)}  # {action.changes}")
    folders = dict.fromkeys(_cached(programs))
    if folders:
        console.out(f"PATH={':'.join(shlex.quote(str(folder)) for folder in folders)}:$PATH  # the pinned programs")
    for line in lines:
        console.out(line.replace(f"{session.layout.root}/", ""))


def _carried_out(session: Session, action: Action | Work, step: Step | None) -> str | None:
    if isinstance(action, Work):
        return action.run()
    if step:
        step.note(action.changes)
    command = action.command()
    if action.run:
        return action.run(command)
    session.kubectl.carry_out(command)
    return None


def _typed(command: Command) -> str:
    settings = " ".join(f"{key}={shlex.quote(value)}" for key, value in command.env.items() if key != "PATH")
    text = f"{blotted(settings)} {command.line}".strip()
    return text.replace(shlex.quote(sys.executable), "python")


def _cached(programs: Iterable[str]) -> Iterator[Path]:
    """Yield the folders of the cached programs among these."""
    for name in programs:
        found = resolver.find(name) if name in PROGRAMS else None
        if found and found.origin == "cache":
            yield found.path.parent
