"""A throw-away copy of the working tree, in which the verbs run as on the command line."""

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
from penstock.core.process import Command, CommandFailed, Result, run, watch
from penstock.core.yaml import dump, parse
from penstock.platform import environments, lineage
from penstock.platform.layout import Layout
from penstock.tools.git import git
from penstock.tools.kubectl import Kubectl
from penstock.tools.repository import IDENTITY, Repository

# The platform's values for trials, such as blocks that close after minutes instead of hours.
VALUES = Path("tests") / "e2e" / "values.yaml"


@dataclass(frozen=True)
class Trial:
    """A copy of a platform, the tested environment, the provider of its cluster, and a folder with its images."""

    layout: Layout
    environment: str
    provider: str
    images: str = ""

    @property
    def state(self) -> State:
        """The state that `inv up` records in the copy."""
        return State(self.layout.root / ".penstock" / self.environment)

    @property
    def kubectl(self) -> Kubectl:
        """kubectl for the trial's cluster."""
        return Kubectl(self.state.kubeconfig)

    @property
    def repository(self) -> Repository:
        """The copy's Git repository."""
        return Repository(self.layout.root / ".git", self.layout.root)

    def up(self, seconds: float) -> None:
        """Run `inv up` with the trial's provider and images; each of its waits may take half of the deadline."""
        images = ["--images", self.images] if self.images else []
        argv = ["up", "-e", self.environment, "--provider", self.provider, *images, f"--timeout={seconds / 2:.0f}"]
        self.inv(*argv, seconds=seconds)

    def inv(self, *argv: str, seconds: float) -> None:
        """Run a verb and show its output; raises PenstockError with the verb's first error if it fails."""
        console.info(f"    $ inv {' '.join(argv)}")
        try:
            watch(self._command(argv, seconds), lambda line: console.info(f"    {line}"))
        except CommandFailed as failure:
            raise failed(argv, failure.result) from None

    def ask(self, *argv: str, seconds: float, ok: tuple[int, ...] = (0,)) -> Result:
        """Run a verb and return its result; its stderr is shown at the end. Raises PenstockError if it fails."""
        console.info(f"    $ inv {' '.join(argv)}   (up to {console.seconds(seconds)})")
        try:
            result = run(self._command(argv, seconds, ok))
        except CommandFailed as failure:
            raise failed(argv, failure.result) from None
        for line in result.stderr.decode(errors="replace").splitlines():
            console.info(f"    {line}")
        return result

    def commit(self, message: str) -> None:
        """Commit everything in the copy."""
        self.repository.git("add", "--all", ".")
        self.repository.git("commit", "--quiet", "--no-verify", "-m", message, env=IDENTITY)

    def _command(self, argv: tuple[str, ...], seconds: float, ok: tuple[int, ...] = (0,)) -> Command:
        # The engine of this checkout, and the state in the copy even if the caller sets $PENSTOCK_STATE.
        command: list[str | Path] = [sys.executable, "-m", "penstock", *argv]
        env = {"PENSTOCK_STATE": str(self.state.folder.parent)}
        return Command(command, cwd=self.layout.root, env=env, timeout=seconds, ok=ok)


def failed(argv: tuple[str, ...], result: Result) -> PenstockError:
    """The error of a failed verb, with the first error that it printed, or else the last line."""
    lines = (result.stderr or result.stdout).decode(errors="replace").splitlines()
    own = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    last = own[0] if own else next((line for line in reversed(lines) if line.strip()), "no output")
    return PenstockError(f"inv {' '.join(argv)} ended with {result.code}: {last}", f"inv --debug {' '.join(argv)}")


@contextmanager
def trial(layout: Layout, environment: str, provider: str, images: str = "", workers: int = 0) -> Iterator[Trial]:
    """A temporary copy of the working tree, hydrated with the trial's values and committed.

    With `workers`, its cluster has that many nodes besides the control plane.
    """
    with tempfile.TemporaryDirectory(prefix="penstock-e2e-") as folder:
        # Flux and the cluster's processes name this path, so it must contain no link such as macOS' /var.
        copy = Trial(Layout(Path(folder).resolve() / "platform"), environment, provider, images)
        _copy(layout.root, copy.layout.root)
        copy.repository.make(bare=False)
        _overlay(copy, workers)
        copy.inv("hydrate", "-e", environment, seconds=600)
        copy.commit("The working tree, with the trial's values")
        yield copy


def _copy(source: Path, target: Path) -> None:
    """Copy the tracked files, and the untracked ones that Git doesn't ignore, as they are in the working tree."""
    listed = git(source, "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    for name in map(os.fsdecode, filter(None, listed.split(b"\0"))):
        if (source / name).is_file() or (source / name).is_symlink():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name, follow_symlinks=False)


def _overlay(copy: Trial, workers: int) -> None:
    """Merge the trial's values, and the number of workers, into those of the environment."""
    path = copy.layout.root / VALUES
    values = parse(path.read_bytes(), path) if path.is_file() else None
    if workers:
        in_docker = environments.read(copy.layout, copy.environment).cluster.in_docker
        if copy.provider not in in_docker:
            raise PenstockError(
                f"--workers {workers}: {copy.environment} has no nodes in Docker on {copy.provider}",
                f"omit --workers, or choose one of these providers: {', '.join(in_docker) or 'none'}",
            )
        setting = in_docker[copy.provider].more_nodes
        values = environments.merged(values or {}, {"cluster": {copy.provider: {setting: workers}}})
    if values:
        file = lineage.lineage(copy.layout, copy.environment)[-1].path
        # Unsorted: `extends` stays the first key.
        file.write_text(dump(environments.merged(parse(file.read_bytes(), file) or {}, values), sort_keys=False))
