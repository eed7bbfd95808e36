"""Read the states of a cluster's nodes, as their kubelets report them."""

from __future__ import annotations

from penstock.kube.live import Conditioned
from penstock.tools.kubectl import Kubectl


def late(kubectl: Kubectl) -> dict[str, str]:
    """Map nodes to the reason why they aren't Ready; empty for a Ready node."""
    return {item.metadata.name: _reason(item) for item in kubectl.read(Conditioned, "nodes")}


def _reason(node: Conditioned) -> str:
    ready = node.condition("Ready")
    if ready is None:
        return "its kubelet has reported nothing yet"
    return "" if ready.status == "True" else f"{ready.reason}: {ready.message}"
