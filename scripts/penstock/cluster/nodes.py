"""The nodes of a cluster, and what their kubelets say of them."""

from __future__ import annotations

from typing import Any

from penstock.tools.kubectl import Kubectl


def late(kubectl: Kubectl) -> dict[str, str]:
    """The nodes by name, with why each isn't Ready; empty for one that is."""
    return {item["metadata"]["name"]: _reason(item) for item in kubectl.get("nodes")}


def _reason(node: dict[str, Any]) -> str:
    found = [item for item in node.get("status", {}).get("conditions", []) if item["type"] == "Ready"]
    if not found:
        return "its kubelet has said nothing yet"
    is_ready = found[0]["status"] == "True"
    return "" if is_ready else f"{found[0].get('reason', '')}: {found[0].get('message', '')}"
