"""What `inv up` notes of a local cluster, all in one folder: .penstock/<environment>/."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically, writing
from penstock.core.layout import Layout
from penstock.core.model import decode


class Process(msgspec.Struct, frozen=True):
    """A process that we started. `created` tells when, as processes.py reads it: a pid alone is reused."""

    pid: int
    created: float
    log: str


class ClusterState(msgspec.Struct):
    """The contents of state.json.

    `cluster` is its name with the provider, `context` the one of the user's kubeconfig when others made it, `source`
    local or remote. `phase` is the last phase that was completed, 0 to 4. `artifact_port` serves what source-controller
    fetched and `source_port` the Git repositories, under addresses that Flux's objects hold: neither may change. `flux`
    is the version whose definitions were applied; `restarted` says that Flux's controllers haven't looked at everything
    since they were started. `bootstrapped` are the generations of what phase 1 applied, until phase 4 has compared
    them. `network` is Docker's network that was not there before this cluster. `merged_into` is a kubeconfig of the
    user that got our context because it was asked for.
    """

    provider: str
    environment: str
    cluster: str = ""
    context: str = ""
    source: str = "local"
    phase: int = 0
    processes: dict[str, Process] = {}
    source_port: int = 0
    artifact_port: int = 0
    flux: str = ""
    restarted: bool = False
    network: str = ""
    merged_into: str = ""
    revision: str = ""
    bootstrapped: dict[str, int] = {}


@dataclass(frozen=True)
class State:
    """The folder of one cluster."""

    folder: Path

    @property
    def kubeconfig(self) -> Path:
        """Readable by its owner alone; never merged into the user's own."""
        return self.folder / "kubeconfig"

    @property
    def logs(self) -> Path:
        """The logs of the local processes that we started ourselves."""
        return self.folder / "logs"

    @property
    def git(self) -> Path:
        """The bare repositories that the Git source serves."""
        return self.folder / "git"

    @property
    def exists(self) -> bool:
        """Whether `inv up` ever began here."""
        return (self.folder / "state.json").is_file()

    def read(self) -> ClusterState:
        """What was recorded; PenstockError when there is nothing or it is damaged."""
        try:
            return decode((self.folder / "state.json").read_bytes(), ClusterState)
        except FileNotFoundError:
            raise PenstockError("there is no cluster here", "run `inv up`") from None
        except msgspec.DecodeError as error:
            raise PenstockError(
                f"{self.folder / 'state.json'} is damaged: {error}",
                f"end the processes that name {self.folder} (ps -ef shows them), then delete it",
            ) from None

    def write(self, recorded: ClusterState) -> None:
        """Note it, atomically."""
        with writing(self.folder):
            write_atomically(self.folder / "state.json", msgspec.json.format(msgspec.json.encode(recorded)), 0o600)

    def prepare(self) -> None:
        """Make the folder, for its owner alone."""
        with writing(self.folder):
            self.logs.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        with writing(self.folder):
            shutil.rmtree(self.folder)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the cluster for one verb; PenstockError when another one holds it."""
        with writing(self.folder.parent):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            # Whatever the repository ignores: keys and a running database must never be in a snapshot or a commit.
            (self.folder.parent / ".gitignore").write_text("*\n")
        lock = FileLock(self.folder.with_name(f"{self.folder.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise PenstockError(
                "another `inv up`, `sync` or `down` is at work on this cluster", "wait for it, or stop it with Ctrl-C"
            ) from None
        try:
            yield
        finally:
            lock.release()


def state_of(layout: Layout, environment: str) -> State:
    """The state of an environment's local cluster; $PENSTOCK_STATE moves it elsewhere."""
    base = os.environ.get("PENSTOCK_STATE")
    return State((Path(base) if base else layout.root / ".penstock") / environment)
