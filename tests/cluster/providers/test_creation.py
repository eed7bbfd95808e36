"""A creation that goes wrong: one clear line, nothing is left, and `inv up` and `inv down` cope with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from docker_support import asked, fakes
from penstock.tools import docker, on_path
from support import Platform, copy_platform


@pytest.fixture(scope="module")
def _hydrated(sandbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    made = copy_platform("a-platform-in-docker", tmp_path_factory.mktemp("docker") / "platform")
    made.commit("Start")
    made.hydrate()
    made.commit("Hydrate")
    return made
