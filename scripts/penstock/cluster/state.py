"""The state that `inv up` records for a cluster, in the folder .penstock/<environment>/."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from filelock import FileLock, Timeout

from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically, writing
from penstock.core.model import decode
from penstock.platform.layout import Layout

Source = Literal["local", "remote"]
"""Where Flux takes the manifests from: this working tree, or the repository's remote."""


class Process(msgspec.Struct, frozen=True):
    """A local process. `created` is its start time as read by processes.py; it tells apart processes with one pid."""

    pid: int
    created: float
    log: str


class ClusterState(msgspec.Struct):
    """The contents of state.json.

    `cluster` is the cluster's name at the provider, `context` the context of an existing cluster in the user's
    kubeconfig. `phase` is the last completed phase, 0 to 4. `artifact_port` serves the artifacts of source-controller,
    `source_port` the Git repositories; Flux's objects contain both, so they must not change. `flux` is the version of
    the applied CustomResourceDefinitions. `restarted` is set while Flux's controllers have yet to reconcile everything
    after a start. `bootstrapped` maps objects of phase 1 to generations until phase 4 has compared them. `network` is
    the Docker network that was created for the cluster. `merged_into` is the user's kubeconfig with the added context.
    `stand_ins` maps the images of the nodes that are stand-ins to the programs that they stand in for.
    """

    provider: str
    environment: str
    cluster: str = ""
    context: str = ""
    source: Source = "local"
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
    stand_ins: dict[str, str] = {}


@dataclass(frozen=True)
class State:
    """The folder with the state of one cluster."""

    folder: Path

    @property
    def kubeconfig(self) -> Path:
        """The cluster's kubeconfig, readable by its owner alone."""
        return self.folder / "kubeconfig"

    @property
    def logs(self) -> Path:
        """The folder with the logs of local processes."""
        return self.folder / "logs"

    @property
    def git(self) -> Path:
        """The folder with the bare repositories that the Git source serves."""
        return self.folder / "git"

    @property
    def exists(self) -> bool:
        """Whether `inv up` has started a cluster here."""
        return (self.folder / "state.json").is_file()

    def read(self) -> ClusterState:
        """Return the recorded state; raises PenstockError if there is none or it is damaged."""
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
        """Write the state atomically, readable by its owner alone."""
        with writing(self.folder):
            write_atomically(self.folder / "state.json", msgspec.json.format(msgspec.json.encode(recorded)), 0o600)

    def prepare(self) -> None:
        """Create the folder, accessible by its owner alone."""
        with writing(self.folder):
            self.logs.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)

    def remove(self) -> None:
        """Remove the folder and its contents."""
        with writing(self.folder):
            shutil.rmtree(self.folder)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Lock the cluster for one verb; raises PenstockError if another one holds the lock."""
        with writing(self.folder.parent):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            # Keys and a running database must not get into a snapshot or a commit, even without a .gitignore.
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
    """Return the state of an environment's cluster; $PENSTOCK_STATE overrides the folder .penstock."""
    base = os.environ.get("PENSTOCK_STATE")
    return State((Path(base) if base else layout.root / ".penstock") / environment)
