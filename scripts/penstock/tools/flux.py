"""Adapters for Flux's controllers as local processes, and where their CustomResourceDefinitions are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock.core.process import Command
from penstock.kube.flux import NAMESPACE
from penstock.tools.modules import Module
from penstock.tools.pins import PROGRAMS
from penstock.tools.resolver import resolve

CONTROLLERS = ["source-controller", "kustomize-controller"]
_BASES = "config/crd/bases"


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


def versions() -> dict[str, str]:
    """Controller -> the version of it that is built here."""
    return {name: PROGRAMS[name].version for name in CONTROLLERS}


def version() -> str:
    """The controllers and their versions, in words."""
    return ", ".join(f"{name} {number}" for name, number in versions().items())


def crds() -> list[Path]:
    """The files of Flux's CustomResourceDefinitions: from the controllers' modules, kept in the cache."""
    modules = [Module(PROGRAMS[name].package, home=name, inside=_BASES) for name in CONTROLLERS]
    return [file for module in modules for file in sorted((module.root / _BASES).glob("*.yaml"))]


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
