"""The Go tests of the renderer and of the resolver, and the style of our Go."""

from __future__ import annotations

import subprocess

import pytest

from penstock.platform.layout import ENGINE
from penstock.tools import golang
from penstock.tools.pins import PROGRAMS
from penstock.tools.resolver import resolve
from support import REAL_ENVIRONMENT

pytestmark = pytest.mark.integration


# Of the resolver, what needs no package of helmfile's: the rest is tested with the program.
@pytest.mark.parametrize(("folder", "package"), [("render", "."), ("resolve", "./reads")])
@pytest.mark.parametrize("verb", ["vet", "test"])
def test_go(verb: str, folder: str, package: str) -> None:
    env = {**REAL_ENVIRONMENT, **golang._ENVIRONMENT, "HELM": str(resolve("helm"))}
    # As the resolver builds it, so that Helm's packages come from Go's build cache.
    argv = [str(golang.find_go()), verb, *golang.FLAGS, package]
    done = subprocess.run(argv, cwd=ENGINE / "tools" / folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(name for name, program in PROGRAMS.items() if program.is_ours))
def test_gofmt(name: str) -> None:
    go = golang.find_go()
    version = subprocess.run([go, "env", "GOROOT"], env=REAL_ENVIRONMENT, capture_output=True, text=True, check=True)
    gofmt = [f"{version.stdout.strip()}/bin/gofmt", "-l", str(PROGRAMS[name].home)]
    done = subprocess.run(gofmt, env=REAL_ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
