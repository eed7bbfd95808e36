"""The nodes of a cluster, and the states that their kubelets report."""

from __future__ import annotations

from typing import Any

from penstock.tools.kubectl import Kubectl


def late(kubectl: Kubectl) -> dict[str, str]:
    """Name -> why the node isn't Ready; empty for a Ready node."""
    return {item["metadata"]["name"]: _reason(item) for item in kubectl.get("nodes")}


def _reason(node: dict[str, Any]) -> str:
    conditions = node.get("status", {}).get("conditions", [])
    ready = next((item for item in conditions if item["type"] == "Ready"), None)
    if ready is None:
        return "its kubelet has reported nothing yet"
    return "" if ready["status"] == "True" else f"{ready.get('reason', '')}: {ready.get('message', '')}"
