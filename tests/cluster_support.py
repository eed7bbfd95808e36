"""A tiny platform on kwok, and helpers for its tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from penstock.tools.kubectl import Kubectl
from support import Platform, copy_platform


@contextmanager
def running(folder: Path) -> Iterator[Platform]:
    """The platform in a new folder, hydrated, committed and up; taken down at the end."""
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
    """The state of a platform's cluster."""
    return town.root / ".penstock" / "local"


def state_of(town: Platform) -> dict[str, Any]:
    """The recorded state of a platform's cluster."""
    found: dict[str, Any] = json.loads((folder(town) / "state.json").read_text())
    return found


def kubectl(town: Platform) -> Kubectl:
    """kubectl for a platform's cluster."""
    return Kubectl(folder(town) / "kubeconfig")


def status(town: Platform) -> dict[str, Any]:
    """What `status` reports of a platform's cluster."""
    found: dict[str, Any] = json.loads(town.succeed("status", "--json").stdout)
    return found
