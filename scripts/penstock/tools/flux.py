"""Adapters for Flux's controllers as local processes, and their CustomResourceDefinitions."""

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
    """The ports of one controller on 127.0.0.1; `storage` serves artifacts and is only for source-controller."""

    metrics: int
    health: int
    storage: int = 0


def source_controller(kubeconfig: Path, storage: Path, ports: Ports) -> Command:
    """Return the command that runs source-controller for a cluster."""
    address = f"127.0.0.1:{ports.storage}"
    own = [f"--storage-path={storage}", f"--storage-addr={address}", f"--storage-adv-addr={address}"]
    return _controller("source-controller", kubeconfig, ports, own)


def kustomize_controller(kubeconfig: Path, ports: Ports) -> Command:
    """Return the command that runs kustomize-controller for a cluster."""
    # By default, dependencies are checked every 30 s, which would dominate the time of a local sync.
    own = ["--requeue-dependency=1s", "--concurrent=10", "--no-remote-bases=true"]
    return _controller("kustomize-controller", kubeconfig, ports, own)


def versions() -> dict[str, str]:
    """Return the versions of the controllers built here, by name."""
    return {name: PROGRAMS[name].version for name in CONTROLLERS}


def version() -> str:
    """Return the controllers and their versions as text."""
    return ", ".join(f"{name} {number}" for name, number in versions().items())


def crds() -> list[Path]:
    """Return the files of Flux's CustomResourceDefinitions, from the controllers' modules in the cache."""
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
