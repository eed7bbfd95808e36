"""inv record: record the README's animated pictures from real sessions in a clone of this repository."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically
from penstock.core.nearest import did_you_mean
from penstock.core.process import Command, run
from penstock.core.terminal import on_terminal
from penstock.docs.terminal import Session, svg
from penstock.platform.layout import ENGINE
from penstock.tools import git
from penstock.tools.repository import IDENTITY

ASSETS = "docs/assets"
COLUMNS = 110
# Seconds after a command is typed, and after it ends.
_PAUSE = 1.2
_LARGEST = 200_000


@dataclass(frozen=True)
class Typed:
    """A command as typed, and its expected exit code."""

    line: str
    code: int = 0


@dataclass(frozen=True)
class Scene:
    """A picture: its title, and the commands typed in it."""

    title: str
    typed: tuple[Typed, ...]


SCENES = {
    "up": Scene(
        "A cluster with the platform on it, without Docker",
        (Typed("./inv up --provider kwok >status.txt"), Typed("tail -6 status.txt")),
    ),
    "commit": Scene(
        "git refuses a commit whose manifests are stale",
        (
            Typed("sed -i 's/replicas: 1/replicas: 2/' components/demo/values-api.yaml.gotmpl"),
            Typed("git commit -qam 'Run two of the API'", code=1),
            Typed("./inv hydrate"),
            Typed("git commit -qam 'Run two of the API'"),
        ),
    ),
}


def record(only: list[str]) -> None:
    """Record all or some of the scenes; raises PenstockError if a command ends with an unexpected code."""
    for name in only:
        if name not in SCENES:
            raise PenstockError(
                f"there is no scene `{name}`", did_you_mean(name, SCENES, f"the scenes are {', '.join(SCENES)}")
            )
    for name in only or SCENES:
        scene = SCENES[name]
        with console.step(f"{ASSETS}/{name}.svg") as step:
            with _clone() as folder:
                step.note(f"playing {len(scene.typed)} commands")
                picture = svg(play(scene, folder), scene.title, COLUMNS).encode()
            if len(picture) > _LARGEST:
                raise PenstockError(
                    f"{name}.svg has {console.size(len(picture))}, which is more than a page should load",
                    "make the scene in verbs/record.py shorter",
                )
            path = ENGINE / ASSETS / f"{name}.svg"
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, picture)
            step.result = console.size(len(picture))


def play(scene: Scene, folder: Path) -> Session:
    """Run a scene's commands in a folder, one after the other, and return what a terminal shows."""
    session, clock = Session(), _Clock()
    masked = {str(folder): "~/penstock", str(ENGINE): "~/penstock", str(Path.home()): "~"}
    for typed in scene.typed:
        session.write(f"\x1b[1;32m$\x1b[0m {typed.line}\n", clock.now())
        clock.skip(_PAUSE)

        def show(text: str) -> None:
            session.write(text, clock.now())

        command = Command(["sh", "-c", typed.line], cwd=folder, env=_environment(folder), timeout=1800)
        code = on_terminal(command, COLUMNS, show)
        if code != typed.code:
            said = "\n".join(line.text for line in session.lines[-6:])
            raise PenstockError(f"`{typed.line}` ended with {code}, not {typed.code}", said)
        session.write("\n", clock.now())
        clock.skip(_PAUSE)
    for line in session.lines:
        for path, shown in masked.items():
            line.text = line.text.replace(path, shown)
    return session


class _Clock:
    """A clock that starts at 0 and can be advanced."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def now(self) -> float:
        """Return the seconds since the start, and those skipped."""
        return time.monotonic() - self._start

    def skip(self, seconds: float) -> None:
        """Advance the clock."""
        self._start -= seconds


def _environment(folder: Path) -> dict[str, str]:
    """Return the variables for the clone's engine and a colour terminal, without the user's settings of git."""
    return {
        **IDENTITY,
        "CI": "",
        "COLUMNS": str(COLUMNS),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "NO_COLOR": "",
        "PENSTOCK_STATE": str(folder / ".penstock"),
        "PRE_COMMIT_HOME": str(folder.parent / "pre-commit"),
        "PYTHONPATH": str(folder / "scripts"),
        "TERM": "xterm-256color",
    }


@contextmanager
def _clone() -> Iterator[Path]:
    """Clone this repository with its hook to a temporary folder; at the end, delete a cluster created there."""
    with tempfile.TemporaryDirectory(prefix="penstock-record-") as around:
        folder = Path(around).resolve() / "penstock"
        environment = _environment(folder)
        run(Command([git.program(), "clone", "--quiet", ENGINE, folder], env=environment))
        (folder / ".venv").symlink_to(sys.prefix)
        # .gitignore matches a folder .venv, but not a link.
        with (folder / ".git" / "info" / "exclude").open("a") as file:
            file.write(".venv\nstatus.txt\n")
        run(Command([".venv/bin/pre-commit", "install"], cwd=folder, env=environment))
        try:
            yield folder
        finally:
            run(Command([sys.executable, "-m", "penstock", "down", "-e", "k3d"], cwd=folder, env=environment))
