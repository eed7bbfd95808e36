"""--dry-run: the commands by which a verb would change a cluster, as they could be typed, and nothing is run."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from penstock.cluster.phases import Part, Phase
from penstock.cluster.session import Session
from penstock.core import console
from penstock.core.process import Command
from penstock.tools.resolver import by_name


def show(session: Session, wanted: list[Phase]) -> None:
    """Print the commands of phases, each under its title."""
    with by_name():
        for phase in wanted:
            console.out(f"# {phase.number} {phase.title}")
            show_parts(session, phase.parts(session))


def show_parts(session: Session, parts: Iterable[Part]) -> None:
    """Print the commands of steps, in a cluster that has nothing yet."""
    with by_name():
        for part in parts:
            for command in part.commands(session):
                console.out(line(command, session.layout.root))


def show_deletion(session: Session) -> None:
    """Print the commands that end a cluster; local processes are ended by a signal, and the state goes."""
    with by_name():
        for command in session.provider.delete_commands(session):
            console.out(line(command, session.layout.root))
    pids = [str(process.pid) for process in session.noted.processes.values()]
    if pids:
        console.out(f"kill {' '.join(pids)}  # {', '.join(session.noted.processes)}")
    console.out(f"rm -r {shlex.quote(str(session.state.folder))}")


def line(command: Command, root: Path) -> str:
    """A command as it could be typed at the platform's root, with what its standard input holds as a comment."""
    text = command.line.replace(shlex.quote(sys.executable), "python").replace(f"{root}/", "")
    return f"{text}  # {command.about}" if command.about else text
