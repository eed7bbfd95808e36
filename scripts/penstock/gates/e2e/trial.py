"""A throw-away copy of the working tree, and the verbs run in it as a person would run them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from penstock.cluster.state import State
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.core.process import Command, CommandFailed, Result, run, watch
from penstock.core.yaml import dump, parse
from penstock.platform import environments
from penstock.tools.git import git
from penstock.tools.kubectl import Kubectl
from penstock.tools.repository import IDENTITY, Repository

# Of the platform: values that only the trial has, such as blocks that are closed after minutes instead of hours.
VALUES = Path("tests") / "e2e" / "values.yaml"


@dataclass(frozen=True)
class Trial:
    """A copy of a platform, the environment of it that is tried, and the provider that the cluster is of."""

    layout: Layout
    environment: str
    provider: str

    @property
    def state(self) -> State:
        """What `inv up` notes, in the copy."""
        return State(self.layout.root / ".penstock" / self.environment)

    @property
    def kubectl(self) -> Kubectl:
        """kubectl for the cluster."""
        return Kubectl(self.state.kubeconfig)

    @property
    def repository(self) -> Repository:
        """The copy's own repository."""
        return Repository(self.layout.root / ".git", self.layout.root)

    def inv(self, *words: str, seconds: float) -> None:
        """Run a verb to its end and show what it says; PenstockError with its own error when it fails."""
        console.info(f"    $ inv {' '.join(words)}")
        try:
            watch(self._command(words, seconds), lambda line: console.info(f"    {line}"))
        except CommandFailed as failure:
            raise failed(words, failure.result) from None

    def ask(self, *words: str, seconds: float, ok: tuple[int, ...] = (0,)) -> Result:
        """Run a verb whose data on stdout is wanted; what it says on stderr is shown once it has ended."""
        console.info(f"    $ inv {' '.join(words)}   (up to {console.seconds(seconds)})")
        try:
            result = run(self._command(words, seconds, ok))
        except CommandFailed as failure:
            raise failed(words, failure.result) from None
        for line in result.stderr.decode(errors="replace").splitlines():
            console.info(f"    {line}")
        return result

    def commit(self, message: str) -> None:
        """Commit everything in the copy."""
        self.repository.git("add", "--all", ".")
        self.repository.git("commit", "--quiet", "--no-verify", "-m", message, env=IDENTITY)

    def _command(self, words: tuple[str, ...], seconds: float, ok: tuple[int, ...] = (0,)) -> Command:
        # The engine of this checkout, and the state beside the copy whatever the caller's environment says.
        argv: list[str | Path] = [sys.executable, "-m", "penstock", *words]
        env = {"PENSTOCK_STATE": str(self.state.folder.parent)}
        return Command(argv, cwd=self.layout.root, env=env, timeout=seconds, ok=ok)


def failed(words: tuple[str, ...], result: Result) -> PenstockError:
    """The error of a verb that failed: its own first one."""
    lines = (result.stderr or result.stdout).decode(errors="replace").splitlines()
    own = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    last = own[0] if own else next((line for line in reversed(lines) if line.strip()), "it said nothing")
    return PenstockError(f"inv {' '.join(words)} ended with {result.code}: {last}", f"inv --debug {' '.join(words)}")


@contextmanager
def trial(layout: Layout, environment: str, provider: str) -> Iterator[Trial]:
    """A copy of the working tree in a folder of its own, committed and hydrated with the trial's own values."""
    with tempfile.TemporaryDirectory(prefix="penstock-e2e-") as folder:
        # Flux and the processes of a cluster name it: as it really is, without a link such as macOS' /var.
        made = Trial(Layout(Path(folder).resolve() / "platform"), environment, provider)
        _copy(layout.root, made.layout.root)
        made.repository.make(bare=False)
        _overlay(made)
        made.inv("hydrate", "-e", environment, seconds=600)
        made.commit("The working tree, with the trial's values")
        yield made


def _copy(source: Path, target: Path) -> None:
    """What Git has or would take of a working tree, uncommitted changes included."""
    listed = git(source, "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    for name in map(os.fsdecode, filter(None, listed.split(b"\0"))):
        if (source / name).is_file() or (source / name).is_symlink():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name, follow_symlinks=False)


def _overlay(made: Trial) -> None:
    path = made.layout.root / VALUES
    if path.is_file():
        file = made.layout.environments / f"{made.environment}.yaml"
        values = environments.merged(parse(file.read_bytes(), file) or {}, parse(path.read_bytes(), path) or {})
        file.write_text(dump(values))
