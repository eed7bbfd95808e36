"""Adapter for kind: Kubernetes in Docker. Its config file is that of https://kind.sigs.k8s.io/docs/user/configuration/."""

from __future__ import annotations

from pathlib import Path

from penstock.core.model import Json
from penstock.core.process import Command, run
from penstock.tools.resolver import resolve

_LOOPBACK = "127.0.0.1"
# What a user may have set for clusters of their own, and what would make ours another one.
_ENVIRONMENT = {"KIND_EXPERIMENTAL_PROVIDER": "docker", "KIND_EXPERIMENTAL_DOCKER_NETWORK": "", "KIND_CLUSTER_NAME": ""}
NETWORK = "kind"
"""The network of all clusters of kind, which kind makes when it isn't there, and never removes."""


def config(name: str, image: str, workers: int, label: str, ports: dict[int, int]) -> Json:
    """The config file of a cluster; `ports` are container port -> port of 127.0.0.1, of the labelled first node."""
    key, _, value = label.partition("=")
    published = [
        {"containerPort": inside, "hostPort": outside, "listenAddress": _LOOPBACK, "protocol": "TCP"}
        for inside, outside in ports.items()
    ]
    first = {"role": "control-plane", "image": image, "labels": {key: value}, "extraPortMappings": published}
    return {
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "kind": "Cluster",
        "name": name,
        # Both are Cilium's to do.
        "networking": {"apiServerAddress": _LOOPBACK, "disableDefaultCNI": True, "kubeProxyMode": "none"},
        "nodes": [first, *({"role": "worker", "image": image} for _ in range(workers))],
    }


def creation(config_file: Path, kubeconfig: Path, timeout: float) -> Command:
    """The command that creates a cluster and writes its kubeconfig; no node is Ready before there is a network.

    It takes away what it made when that fails.
    """
    arguments: list[str | Path] = ["create", "cluster", "--config", config_file, "--kubeconfig", kubeconfig]
    return Command([resolve("kind"), *arguments], env=_ENVIRONMENT, timeout=timeout)


def reason(complaint: str) -> str:
    """Why kind failed: its own line, and the end of what the program said that it ran."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()] or ["it printed nothing"]
    last = lines[-1].removeprefix("ERROR: ").removeprefix("Command Output: ")
    own = next((line for line in lines[:-1] if line.startswith("ERROR: ")), "").removeprefix("ERROR: ")
    # The command stands there whole.
    own = own.partition(': command "')[0].rstrip(":")
    return f"{own}: {last}" if own else last


def kubeconfig(name: str) -> bytes:
    """The kubeconfig of a cluster."""
    return run(Command([resolve("kind"), "get", "kubeconfig", "--name", name], env=_ENVIRONMENT, timeout=60)).stdout


def deletion(name: str, kubeconfig: Path) -> Command:
    """The command that deletes a cluster."""
    arguments: list[str | Path] = ["delete", "cluster", "--name", name, "--kubeconfig", kubeconfig]
    return Command([resolve("kind"), *arguments], env=_ENVIRONMENT, timeout=180)
