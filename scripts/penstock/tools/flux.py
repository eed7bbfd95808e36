"""Adapters for Flux' controllers as local processes, and where their CustomResourceDefinitions are."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from penstock.core.layout import cache_home
from penstock.core.process import Command
from penstock.tools import golang
from penstock.tools.pins import PROGRAMS
from penstock.tools.resolver import resolve

CONTROLLERS = ["source-controller", "kustomize-controller"]
NAMESPACE = "flux-system"


@dataclass(frozen=True)
class Ports:
    """The ports of one controller on 127.0.0.1; `storage` serves artifacts and is the source-controller's alone."""

    metrics: int
    health: int
    storage: int = 0


def source_controller(kubeconfig: Path, storage: Path, ports: Ports) -> Command:
    """The command that runs source-controller against a cluster."""
    address = f"127.0.0.1:{ports.storage}"
    own = [f"--storage-path={storage}", f"--storage-addr={address}", f"--storage-adv-addr={address}"]
    return _controller("source-controller", kubeconfig, ports, own)


def kustomize_controller(kubeconfig: Path, ports: Ports) -> Command:
    """The command that runs kustomize-controller against a cluster."""
    # Waiting for a dependency is looked at every 30 s otherwise, which is most of the time that a local sync takes.
    own = ["--requeue-dependency=1s", "--concurrent=10", "--no-remote-bases=true"]
    return _controller("kustomize-controller", kubeconfig, ports, own)


def version() -> str:
    """The controllers and their versions."""
    return ", ".join(f"{name} {PROGRAMS[name].version}" for name in CONTROLLERS)


def crds() -> list[Path]:
    """The files of Flux' CustomResourceDefinitions: from the controllers' modules, kept in the cache."""
    return [file for name in CONTROLLERS for file in _crds_of(name)]


def _crds_of(name: str) -> list[Path]:
    program = PROGRAMS[name]
    folder = cache_home() / "crds" / f"{name}-{program.version}"
    if not folder.is_dir():
        scratch = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(golang.module_folder(program.package, program.home) / "config" / "crd" / "bases", scratch)
        for path in (scratch, *scratch.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)  # a module's files are read-only
        scratch.rename(folder)
    return sorted(folder.glob("*.yaml"))


def _controller(name: str, kubeconfig: Path, ports: Ports, own: list[str]) -> Command:
    argv = [
        str(resolve(name)),
        f"--metrics-addr=127.0.0.1:{ports.metrics}",
        f"--health-addr=127.0.0.1:{ports.health}",
        "--events-addr=",
        "--enable-leader-election=false",
        "--log-level=info",
        *own,
    ]
    return Command(argv, env={"KUBECONFIG": str(kubeconfig), "RUNTIME_NAMESPACE": NAMESPACE})
