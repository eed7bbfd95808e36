"""What the steps of `inv up` and `inv down` do, as values: `execute` carries a plan out, `show` prints it.

A plan is a generator, and each action is carried out before the next one is made. So later commands can contain what
earlier ones created, such as a port. Between its actions a plan only reads local state, since a dry run goes through
it too.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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
    """Whether an action without a condition is needed."""
    return True


@dataclass(frozen=True)
class Action:
    """A command that changes a cluster or a process of it.

    `changes` names what: the progress of a run, the comment of a dry run. `needed` is asked before the command is made;
    a dry run assumes a cluster that has nothing yet. `run` runs the command where there is more to do than that; it
    returns a message about the result, or None.
    """

    command: Callable[[], Command]
    changes: str
    needed: Callable[[], bool] = always
    run: Callable[[Command], str | None] | None = None


@dataclass(frozen=True)
class Work:
    """A wait, a check or a change without a command of its own. `what` names it in a dry run; without it, it is silent.

    `run` returns a message about the result, or None.
    """

    what: str
    run: Callable[[], str | None]
    needed: Callable[[], bool] = always


Plan = Iterable[Action | Work]
StepPlan = Callable[["Session", Step], Plan]
"""What a step or a phase does in a cluster; its waits report their progress to the `Step`."""


def applying(
    session: Session,
    objects: Sequence[Content],
    manager: str = FIELD_MANAGER,
    needed: Callable[[], bool] = always,
    what: str = "",
) -> Action:
    """The action that applies objects server-side; `what` says what they are together."""
    changes = ": ".join(filter(None, [what, objects_in(objects)]))
    return Action(lambda: session.kubectl.applying(objects, manager), changes, needed)


def execute(session: Session, plan: Plan, step: Step | None = None) -> list[str]:
    """Carry out a plan, with its progress in `step`, and return its messages."""
    return [message for action in plan if action.needed() and (message := _carried_out(session, action, step))]


def show(session: Session, plans: Iterable[tuple[str, StepPlan]]) -> None:
    """Print plans, each under its title, as they could be typed at the platform's root; runs nothing."""
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
    """The folders of those programs that are in the cache."""
    for name in programs:
        found = resolver.find(name) if name in PROGRAMS else None
        if found and found.origin == "cache":
            yield found.path.parent
