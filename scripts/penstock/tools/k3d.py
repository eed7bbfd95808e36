"""Adapter for k3d: k3s in Docker. Config file: https://k3d.io/stable/usage/configfile/, v1alpha5."""

from __future__ import annotations

import re
from pathlib import Path

from penstock.core import yaml
from penstock.core.model import Json
from penstock.core.process import Command, run
from penstock.tools.on_path import K3D

# Components that Cilium replaces or the platform doesn't use. `--disable=kube-proxy` would have no effect.
_SERVER = [
    "--flannel-backend=none",
    "--disable-network-policy",
    "--disable-kube-proxy",
    "--disable=traefik",
    "--disable=servicelb",
    "--disable=metrics-server",
]
_LOOPBACK = "127.0.0.1"
# The time that k3d may take to roll back after its own timeout.
GRACE_SECONDS = 60.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# ERRO[0004] failed Cluster Creation: …
_FAULT = re.compile(r"(?:ERRO|FATA)\[\d+\]\s*(.*\S)")
_ROLLING_BACK = "Failed to create cluster >>> Rolling Back"


def config(
    name: str, image: str, servers: int, agents: int, ports: dict[int, int], registries: Json, timeout: float
) -> Json:
    """The config file of a cluster; `ports` are node port -> port of 127.0.0.1. `timeout` is in seconds.

    `registries` are the contents of k3s's registries.yaml: https://docs.k3s.io/installation/private-registry.
    """
    published = [f"{_LOOPBACK}:{outside}:{inside}" for inside, outside in ports.items()]
    return {
        "apiVersion": "k3d.io/v1alpha5",
        "kind": "Simple",
        "metadata": {"name": name},
        "servers": servers,
        "agents": agents,
        "image": image,
        # k3d picks a free port.
        "kubeAPI": {"hostIP": _LOOPBACK},
        "ports": [{"port": port, "nodeFilters": ["loadbalancer"]} for port in published],
        "registries": {"config": yaml.dump(registries)},
        "options": {
            "k3d": {"wait": True, "timeout": f"{timeout:.0f}s"},
            "k3s": {"extraArgs": [{"arg": word, "nodeFilters": ["server:*"]} for word in _SERVER]},
            "kubeconfig": {"updateDefaultKubeconfig": False, "switchCurrentContext": False},
        },
    }


def creation(config_file: Path, timeout: float) -> Command:
    """Return the command that creates a cluster; if it fails, it removes its containers, but not always the rest."""
    return Command([K3D.resolve(), "cluster", "create", "--config", config_file], timeout=timeout + GRACE_SECONDS)


def reason(complaint: str) -> str:
    """Return why k3d failed: the error before the rollback; later errors are only about the rollback."""
    plain = _COLOURS.sub("", complaint)
    found = _FAULT.findall(plain)
    if _ROLLING_BACK in found[1:]:
        return str(found[found.index(_ROLLING_BACK) - 1])
    return str(found[-1]) if found else (plain.splitlines() or ["it printed nothing"])[-1]


def start(name: str) -> None:
    """Start the stopped containers of a cluster."""
    run(Command([K3D.resolve(), "cluster", "start", name, "--wait", "--timeout", "240s"], timeout=300))


def kubeconfig(name: str) -> bytes:
    """Return the kubeconfig of a cluster."""
    return run(Command([K3D.resolve(), "kubeconfig", "get", name], timeout=60)).stdout


def deletion(name: str, kubeconfig: Path) -> Command:
    """Return the command that deletes a cluster with its network and volumes.

    It also removes the cluster's entries from a kubeconfig: the user's own, unless $KUBECONFIG is set.
    """
    return Command([K3D.resolve(), "cluster", "delete", name], env={"KUBECONFIG": str(kubeconfig)}, timeout=180)


def network(name: str) -> str:
    """Return the name of a cluster's network."""
    return f"k3d-{name}"
