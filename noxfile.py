"""The gates. Plain `nox` runs them all; CI calls each by the same name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

from penstock.core.environment import is_of_git
from penstock.verbs.test import GATES

nox.needs_version = ">=2025.5"
# The sessions run in .venv, whose packages requirements.lock pins with hashes: one environment to trust, none to build.
nox.options.default_venv_backend = "none"
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
# nox starts programs by itself, and a git hook may have started nox.
for name in filter(is_of_git, list(os.environ)):
    del os.environ[name]
nox.options.sessions = GATES
PYTHON = ["scripts", "tests", "tasks.py", "noxfile.py"]


def on_platform(session: nox.Session, *argv: str) -> None:
    """Run on the platform that nox was started in, which `nox -f …/noxfile.py` makes another one than this."""
    session.chdir(session.invoked_from)
    session.run(*argv)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, layers, large files: ruff, mypy, import-linter, yamllint, actionlint."""
    session.run("ruff", "check", *PYTHON)
    session.run("ruff", "format", "--check", *PYTHON)
    session.run("mypy")
    session.run("lint-imports")
    session.run("yamllint", "--strict", ".")
    session.run("python", "-m", "penstock.gates", "actionlint")
    session.run("python", "-m", "penstock.gates", "sizes")


@nox.session
def hydrate(session: nox.Session) -> None:
    """Render components/ into manifests/."""
    on_platform(session, "penstock", "hydrate", *session.posargs)


@nox.session(name="hydrate-check")
def hydrate_check(session: nox.Session) -> None:
    """Everything is rendered again, and manifests/ must be the same bytes."""
    on_platform(session, "python", "-m", "penstock.gates", "hydrate-check", *session.posargs)


@nox.session(name="hydrate-oracle")
def hydrate_oracle(session: nox.Session) -> None:
    """Plain helmfile and kustomize must render the same objects."""
    on_platform(session, "python", "-m", "penstock.gates", "hydrate-oracle", *session.posargs)


@nox.session
def kubeconform(session: nox.Session) -> None:
    """Every manifest fits its schema, offline, at the environment's Kubernetes version."""
    on_platform(session, "python", "-m", "penstock.gates", "kubeconform", *session.posargs)


@nox.session(name="network-policies")
def network_policies(session: nox.Session) -> None:
    """The network policies let exactly the declared connections through."""
    on_platform(session, "python", "-m", "penstock.gates", "network-policies", *session.posargs)


@nox.session
def config(session: nox.Session) -> None:
    """Every configuration is valid to the program that will read it, and every alert is tested."""
    on_platform(session, "python", "-m", "penstock.gates", "config", *session.posargs)


@nox.session
def references(session: nox.Session) -> None:
    """Every name, port, selector and address in the manifests leads to something that is there."""
    on_platform(session, "python", "-m", "penstock.gates", "references", *session.posargs)


@nox.session
def dataflow(session: nox.Session) -> None:
    """Every arrow of dataflow.yaml is proven hop by hop from the manifests."""
    on_platform(session, "python", "-m", "penstock.gates", "dataflow", *session.posargs)


@nox.session
def rehearse(session: nox.Session) -> None:
    """A real control plane and the real Flux bring every environment up, twice, and down."""
    on_platform(session, "python", "-m", "penstock.gates", "rehearse", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """The engine's and the charts' tests; -n 0 for one process."""
    # More than there are cores: who has a cluster waits for it most of the time.
    session.run("pytest", "-n", "3", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure hydration against helmfile, and the gates, and write docs/benchmarks.md."""
    session.run("python", "-m", "penstock.verbs.bench", *session.posargs)


def on_cluster(session: nox.Session, provider: str) -> None:
    """Take a cluster of a provider from nothing to nothing, on a throw-away copy of the platform."""
    on_platform(session, "python", "-m", "penstock.gates", "e2e", "--provider", provider, *session.posargs)


@nox.session(name="e2e-kwok")
def e2e_kwok(session: nox.Session) -> None:
    """Up, smoke, up again, a component less, down: with simulated nodes. Not among the gates that plain nox runs."""
    on_cluster(session, "kwok")


@nox.session(name="e2e-k3d")
def e2e_k3d(session: nox.Session) -> None:
    """The same on k3d, where pods run: needs Docker and k3d."""
    on_cluster(session, "k3d")


@nox.session(name="e2e-kind")
def e2e_kind(session: nox.Session) -> None:
    """The same on kind: needs Docker."""
    on_cluster(session, "kind")
