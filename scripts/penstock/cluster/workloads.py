"""The workloads of a cluster, with their actual and desired numbers of pods."""

from __future__ import annotations

import msgspec

from penstock.kube.live import Controller
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
    """Return every Deployment, StatefulSet and DaemonSet of all namespaces."""
    return [
        Workload(item.metadata.namespace, item.kind, item.metadata.name, item.ready, item.desired)
        for item in kubectl.read(Controller, KINDS, "-A")
    ]
