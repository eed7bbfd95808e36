"""Adapter for kind: Kubernetes in Docker. Config file: https://kind.sigs.k8s.io/docs/user/configuration/."""

from __future__ import annotations

from pathlib import Path

from penstock.core.model import Json
from penstock.core.process import Command, run
from penstock.tools.resolver import resolve

_LOOPBACK = "127.0.0.1"
# Overrides the user's settings for kind, which would change the cluster.
_ENVIRONMENT = {"KIND_EXPERIMENTAL_PROVIDER": "docker", "KIND_EXPERIMENTAL_DOCKER_NETWORK": "", "KIND_CLUSTER_NAME": ""}
# Where containerd looks for a hosts.toml of each registry: https://github.com/containerd/containerd/blob/main/docs/hosts.md.
# kind's own configuration has this version of containerd's format, too.
_HOSTS = """\
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"
"""
NETWORK = "kind"
"""The network of all kind clusters, which kind creates if missing and never removes."""


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
        "containerdConfigPatches": [_HOSTS],
        # Cilium replaces both.
        "networking": {"apiServerAddress": _LOOPBACK, "disableDefaultCNI": True, "kubeProxyMode": "none"},
        "nodes": [first, *({"role": "worker", "image": image} for _ in range(workers))],
    }


def creation(config_file: Path, kubeconfig: Path, timeout: float) -> Command:
    """Return the command that creates a cluster and its kubeconfig; nodes aren't Ready before a CNI is installed.

    If it fails, it removes what it created.
    """
    arguments: list[str | Path] = ["create", "cluster", "--config", config_file, "--kubeconfig", kubeconfig]
    return Command([resolve("kind"), *arguments], env=_ENVIRONMENT, timeout=timeout)


def reason(complaint: str) -> str:
    """Return why kind failed: its own error, and the last line of the failed command's output."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()] or ["it printed nothing"]
    last = lines[-1].removeprefix("ERROR: ").removeprefix("Command Output: ")
    own = next((line for line in lines[:-1] if line.startswith("ERROR: ")), "").removeprefix("ERROR: ")
    # Drop the full command.
    own = own.partition(': command "')[0].rstrip(":")
    return f"{own}: {last}" if own else last


def kubeconfig(name: str) -> bytes:
    """Return the kubeconfig of a cluster."""
    return run(Command([resolve("kind"), "get", "kubeconfig", "--name", name], env=_ENVIRONMENT, timeout=60)).stdout


def deletion(name: str, kubeconfig: Path) -> Command:
    """Return the command that deletes a cluster."""
    arguments: list[str | Path] = ["delete", "cluster", "--name", name, "--kubeconfig", kubeconfig]
    return Command([resolve("kind"), *arguments], env=_ENVIRONMENT, timeout=180)
