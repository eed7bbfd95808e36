"""A tiny platform that is up on kwok, and what the tests ask of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from penstock.tools.kubectl import Kubectl
from support import REAL_ENVIRONMENT, Platform, copy_platform

_PREPARE = "from penstock.cluster.providers.kwok import Kwok; Kwok().prepare()"


def prepare() -> None:
    """The programs of a cluster, built where they are missing, as the user would build them."""
    subprocess.run([sys.executable, "-c", _PREPARE], env=REAL_ENVIRONMENT, check=True)


@contextmanager
def running(folder: Path) -> Iterator[Platform]:
    """The platform, hydrated, committed and up, in a new folder; taken down at the end."""
    platform = copy_platform("a-running-platform", folder)
    platform.commit("Start")
    platform.succeed("hydrate")
    platform.commit("Hydrate")
    try:
        platform.succeed("up")
        yield platform
    finally:
        platform.succeed("down")


def folder(town: Platform) -> Path:
    """Where its state is."""
    return town.root / ".penstock" / "local"


def state_of(town: Platform) -> dict[str, Any]:
    """What is recorded of its cluster."""
    found: dict[str, Any] = json.loads((folder(town) / "state.json").read_text())
    return found


def kubectl(town: Platform) -> Kubectl:
    """kubectl for its cluster."""
    return Kubectl(folder(town) / "kubeconfig")
