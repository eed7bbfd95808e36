"""The workloads of a cluster, with their actual and desired numbers of pods."""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.tools.kubectl import Kubectl

KINDS = "deployments,statefulsets,daemonsets"


class Workload(msgspec.Struct, frozen=True):
    """A workload: `ready` of its `wanted` pods are Ready."""

    namespace: str
    kind: str
    name: str
    ready: int
    wanted: int


def workloads(kubectl: Kubectl) -> list[Workload]:
    """Every Deployment, StatefulSet and DaemonSet of all namespaces."""
    return [_read(item) for item in kubectl.get(KINDS, "-A")]


def _read(item: dict[str, Any]) -> Workload:
    status = item.get("status", {})
    wanted = status.get("desiredNumberScheduled", item["spec"].get("replicas", 1))
    ready = status.get("numberReady", status.get("readyReplicas", 0))
    return Workload(item["metadata"]["namespace"], item["kind"], item["metadata"]["name"], ready, wanted)
