"""Adapter for k3d: k3s in Docker. Its config file is that of https://k3d.io/stable/usage/configfile/, v1alpha5."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.core.process import Command, run
from penstock.tools.on_path import K3D

# All that Cilium does instead, and what the platform doesn't use. `--disable=kube-proxy` would do nothing.
_SERVER = [
    "--flannel-backend=none",
    "--disable-network-policy",
    "--disable-kube-proxy",
    "--disable=traefik",
    "--disable=servicelb",
    "--disable=metrics-server",
]
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """The ports of this machine that lead to 80 and 443 of the cluster."""

    http: int
    https: int


def config(name: str, image: str, servers: int, agents: int, ports: Ports) -> dict[str, Any]:
    """The config file of a cluster; whatever it publishes is at 127.0.0.1 alone."""
    published = [f"{_LOOPBACK}:{ports.http}:80", f"{_LOOPBACK}:{ports.https}:443"]
    return {
        "apiVersion": "k3d.io/v1alpha5",
        "kind": "Simple",
        "metadata": {"name": name},
        "servers": servers,
        "agents": agents,
        "image": image,
        "kubeAPI": {"hostIP": _LOOPBACK},
        "ports": [{"port": port, "nodeFilters": ["loadbalancer"]} for port in published],
        "options": {
            "k3d": {"wait": True, "timeout": "300s"},
            "k3s": {"extraArgs": [{"arg": word, "nodeFilters": ["server:*"]} for word in _SERVER]},
            "kubeconfig": {"updateDefaultKubeconfig": False, "switchCurrentContext": False},
        },
    }


def creation(config_file: Path) -> Command:
    """The command that creates a cluster."""
    return Command([K3D.resolve(), "cluster", "create", "--config", config_file], timeout=600)


def start(name: str) -> None:
    """Start the containers of a cluster that were stopped."""
    run(Command([K3D.resolve(), "cluster", "start", name, "--wait"], timeout=300))


def kubeconfig(name: str) -> bytes:
    """The kubeconfig of a cluster."""
    return run(Command([K3D.resolve(), "kubeconfig", "get", name], timeout=60)).stdout


def deletion(name: str) -> Command:
    """The command that deletes a cluster with its network and volumes."""
    return Command([K3D.resolve(), "cluster", "delete", name], timeout=180)
