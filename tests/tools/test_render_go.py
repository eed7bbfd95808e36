"""The renderer's own tests, and the style of our Go."""

from __future__ import annotations

import subprocess

import pytest

from penstock.platform.layout import ENGINE
from penstock.tools import golang
from penstock.tools.pins import PROGRAMS
from penstock.tools.resolver import resolve
from support import REAL_ENVIRONMENT

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("verb", ["vet", "test"])
def test_go(verb: str) -> None:
    env = {**REAL_ENVIRONMENT, **golang._ENVIRONMENT, "HELM": str(resolve("helm"))}
    # As the resolver builds it, so that Helm's packages come from Go's build cache.
    argv = [str(golang.find_go()), verb, *golang.FLAGS, "."]
    done = subprocess.run(argv, cwd=ENGINE / "tools" / "render", env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(name for name, program in PROGRAMS.items() if program.is_ours))
def test_gofmt(name: str) -> None:
    go = golang.find_go()
    version = subprocess.run([go, "env", "GOROOT"], env=REAL_ENVIRONMENT, capture_output=True, text=True, check=True)
    gofmt = [f"{version.stdout.strip()}/bin/gofmt", "-l", str(PROGRAMS[name].home)]
    done = subprocess.run(gofmt, env=REAL_ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
