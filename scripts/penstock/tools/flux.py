"""Adapters for Flux's controllers as local processes, and their CustomResourceDefinitions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from penstock.core.process import Command
from penstock.kube.flux import NAMESPACE
from penstock.tools.modules import Module
from penstock.tools.pins import PROGRAMS
from penstock.tools.resolver import resolve

KUSTOMIZE_CONTROLLER = "kustomize-controller"
CONTROLLERS = ["source-controller", KUSTOMIZE_CONTROLLER]
# By default four Kustomizations are applied at a time. Each holds its worker until its objects are Ready, for which
# Flux looks at once and then every 5 s (internal/controller/kustomization_controller.go, checkHealth): with ten workers
# and twenty components a second round began 5 s later. One whose dependency isn't Ready waits for 30 s by default.
# https://fluxcd.io/flux/installation/configuration/vertical-scaling/
PARALLEL = ["--concurrent=20", "--requeue-dependency=1s"]
_BASES = "config/crd/bases"


def source_controller(kubeconfig: Path, storage: Path, port: int) -> Command:
    """Return the command that runs source-controller for a cluster and serves artifacts on a port of 127.0.0.1."""
    address = f"127.0.0.1:{port}"
    own = [f"--storage-path={storage}", f"--storage-addr={address}", f"--storage-adv-addr={address}"]
    return _controller("source-controller", kubeconfig, own)


def kustomize_controller(kubeconfig: Path, scratch: Path) -> Command:
    """Return the command that runs kustomize-controller for a cluster, with its own folder for temporary files.

    At its start it deletes the temporary folders of all that use the same place (internal/controller/tmpdir.go).
    """
    command = _controller(KUSTOMIZE_CONTROLLER, kubeconfig, [*PARALLEL, "--no-remote-bases=true"])
    return replace(command, env={**command.env, "TMPDIR": str(scratch)})


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


def _controller(name: str, kubeconfig: Path, own: list[str]) -> Command:
    argv = [
        str(resolve(name)),
        "--metrics-addr=0",  # nothing reads its metrics and its health
        "--health-addr=0",
        "--events-addr=",
        "--enable-leader-election=false",
        "--log-level=info",
        *own,
    ]
    return Command(argv, env={"KUBECONFIG": str(kubeconfig), "RUNTIME_NAMESPACE": NAMESPACE})
