"""The gates as nox sessions. Plain `nox` runs all of them; CI runs each by the same name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox
import psutil

from penstock.core.environment import is_of_git
from penstock.core.files import in_memory
from penstock.gates.registry import SESSIONS, proves
from penstock.verbs.test import GATES

nox.needs_version = ">=2025.5"
# The sessions share .venv, whose packages requirements.lock pins by hash, so nox creates no environments.
nox.options.default_venv_backend = "none"
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
# Git hooks set variables that would redirect git in programs that nox runs.
for name in filter(is_of_git, list(os.environ)):
    del os.environ[name]
# Gates and tests start Python thousands of times, and without bytecode it compiles the engine each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
nox.options.sessions = GATES
# More processes than cores: tests with a cluster mostly wait. Each of them may have a cluster of 2 GB.
PROCESSES = max(1, min((os.cpu_count() or 1) + 2, psutil.virtual_memory().total // 4_000_000_000))
# The tests write 1 GB.
ROOM = 4_000_000_000
PYTHON = ["scripts", "tests", "tasks.py", "noxfile.py"]
# Not the tests: they misspell on purpose.
PROSE = ["charts", "components", "docs", "environments", "scripts", "noxfile.py", "tasks.py"]
PROSE += ["CHANGELOG.md", "CONTRIBUTING.md", "README.md"]


def on_platform(session: nox.Session, *argv: str) -> None:
    """Run a command in the platform where nox was started; `nox -f …/noxfile.py` can start it in another one."""
    session.chdir(session.invoked_from)
    session.run(*argv)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types, layers, spelling, file sizes: ruff, mypy, import-linter, yamllint, codespell, actionlint."""
    session.run("ruff", "check", *PYTHON)
    session.run("ruff", "format", "--check", *PYTHON)
    session.run("mypy")
    session.run("lint-imports")
    session.run("yamllint", "--strict", ".")
    session.run("codespell", "-D", "-", "-D", "docs/vocabulary.txt", *PROSE)
    session.run("python", "-m", "penstock.gates", "actionlint")
    session.run("python", "-m", "penstock.gates", "sizes")


@nox.session
def hydrate(session: nox.Session) -> None:
    """Render components/ into manifests/."""
    on_platform(session, "penstock", "hydrate", *session.posargs)


def add(gate: str) -> None:
    """Add the session of a gate: it has the gate's name and its posargs."""

    def run(session: nox.Session) -> None:
        on_platform(session, "python", "-m", "penstock.gates", gate, *session.posargs)

    run.__doc__ = proves(gate)
    nox.session(name=gate)(run)


for gate in SESSIONS:
    add(gate)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests of the engine and the charts; `-- -n 0` uses one process."""
    # On a disk, half of the processor time of a cluster goes into etcd's and Flux's writes.
    memory = in_memory(ROOM)
    session.run(
        "pytest",
        *("-n", str(PROCESSES), *session.posargs),
        env={"PYTEST_DEBUG_TEMPROOT": str(memory)} if memory else {},
    )


@nox.session
def bench(session: nox.Session) -> None:
    """Measure hydration beside helmfile, the gates, a review and its page; writes docs/benchmarks.md."""
    session.run("python", "-m", "penstock.verbs.bench", *session.posargs)


def on_cluster(session: nox.Session, provider: str) -> None:
    """Create, test and delete a provider's cluster with a throw-away copy of the platform."""
    on_platform(session, "python", "-m", "penstock.gates", "e2e", "--provider", provider, *session.posargs)


@nox.session(name="e2e-kwok")
def e2e_kwok(session: nox.Session) -> None:
    """Create, smoke-test, update, prune and delete a cluster with simulated nodes; plain nox doesn't run this."""
    on_cluster(session, "kwok")


@nox.session(name="e2e-k3d")
def e2e_k3d(session: nox.Session) -> None:
    """Run the steps of e2e-kwok on k3d, where pods run; needs Docker and k3d."""
    on_cluster(session, "k3d")


@nox.session(name="e2e-kind")
def e2e_kind(session: nox.Session) -> None:
    """Run the steps of e2e-kwok on kind, where pods run; needs Docker."""
    on_cluster(session, "kind")
