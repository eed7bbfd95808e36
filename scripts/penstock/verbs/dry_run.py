"""--dry-run: the commands by which a verb would change a cluster, as they could be typed, and nothing is run."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from penstock.cluster.phases import Action, Phase
from penstock.cluster.session import Session
from penstock.core import console
from penstock.core.process import Command, blotted
from penstock.tools import resolver
from penstock.tools.pins import PROGRAMS


def show(session: Session, wanted: list[Phase]) -> None:
    """Print the commands of phases, each under its title."""
    titled = [(f"# {phase.number} {phase.title}", _commands(session, phase.actions(session))) for phase in wanted]
    _show_path([command for _, commands in titled for command in commands])
    for title, commands in titled:
        console.out(title)
        _show(session, commands)


def show_actions(session: Session, actions: Iterable[Action]) -> None:
    """Print the commands of steps, in a cluster that has nothing yet."""
    commands = _commands(session, actions)
    _show_path(commands)
    _show(session, commands)


def show_deletion(session: Session) -> None:
    """Print the commands that end a cluster; local processes are ended by a signal, and the state goes."""
    with resolver.by_name():
        _show(session, session.provider.delete_commands(session))
    pids = [str(process.pid) for process in session.recorded.processes.values()]
    if pids:
        console.out(f"kill {' '.join(pids)}  # {', '.join(session.recorded.processes)}")
    console.out(f"rm -r {shlex.quote(str(session.state.folder))}")


def line(command: Command, root: Path) -> str:
    """A command as it could be typed at the platform's root, with what its standard input holds as a comment."""
    settings = " ".join(f"{key}={shlex.quote(value)}" for key, value in command.env.items() if key != "PATH")
    text = f"{blotted(settings)} {command.line}".strip()
    text = text.replace(shlex.quote(sys.executable), "python").replace(f"{root}/", "")
    about = command.about.replace(f"{root}/", "")
    return f"{text}  # {about}" if about else text


def _commands(session: Session, actions: Iterable[Action]) -> list[Command]:
    with resolver.by_name():
        return [command for action in actions for command in action.commands(session)]


def _show(session: Session, commands: list[Command]) -> None:
    for command in commands:
        console.out(line(command, session.layout.root))


def _show_path(commands: list[Command]) -> None:
    """Where a shell finds the pinned programs of these commands, as far as they are in the cache."""
    folders = list(dict.fromkeys(_cached(commands)))
    if folders:
        console.out(f"PATH={':'.join(shlex.quote(str(folder)) for folder in folders)}:$PATH  # the pinned programs")


def _cached(commands: list[Command]) -> Iterator[Path]:
    for name in (str(command.argv[0]) for command in commands):
        found = resolver.find(name) if name in PROGRAMS else None
        if found and found.origin == "cache":
            yield found.path.parent
