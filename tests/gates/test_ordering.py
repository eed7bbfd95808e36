"""The findings of the rehearsal about a cluster's order and its unsettled objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from penstock.cluster.providers.kwok import Kwok
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState, Process, State
from penstock.gates import ordering, rehearse
from penstock.kube.ref import Content
from penstock.platform.layout import Layout
from penstock.tools.kubectl import Kubectl

# As kustomize-controller writes them, with the quotes inside its JSON.
KIND = (
    r'{"level":"error","msg":"Reconciliation failed after 12ms","error":"HTTPRoute/observability/grafana '
    r'dry-run failed: no matches for kind \"HTTPRoute\" in version \"gateway.networking.k8s.io/v1\""}'
)
NAMESPACE = r'{"level":"error","error":"Deployment/demo/api dry-run failed (NotFound): namespaces \"demo\" not found"}'
HARMLESS = '{"level":"error","error":"dependency flux-system/cilium is not ready"}'


def session(folder: Path, *lines: str) -> Session:
    log = folder / "kustomize-controller.log"
    log.write_text("\n".join(lines))
    recorded = ClusterState(provider="kwok", environment="local")
    recorded.processes = {"kustomize-controller": Process(1, 0.0, str(log))}
    return Session(Layout(folder), "local", State(folder), recorded, timeout=1.0, provider=Kwok())


def test_objects_applied_too_early_are_reported_once(tmp_path: Path) -> None:
    assert ordering.disorders(session(tmp_path, KIND, NAMESPACE, HARMLESS, NAMESPACE)) == [
        'Flux applied too early: namespaces "demo" not found',
        'Flux applied too early: no matches for kind "HTTPRoute"',
    ]


def test_waiting_for_a_dependency_is_no_finding(tmp_path: Path) -> None:
    assert ordering.disorders(session(tmp_path, HARMLESS)) == []


def item(kind: str, name: str, spec: dict[str, Any], **status: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"namespace": "town", "name": name}, "spec": spec, "status": status}


@dataclass(frozen=True)
class Fake(Kubectl):
    """A cluster with these objects."""

    kubeconfig: Path = Path("kubeconfig")
    pods: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    workloads: list[dict[str, Any]] = field(default_factory=list)

    def get(self, kind: str, *_: str) -> list[Content]:
        return list({"pods": self.pods, "pvc": self.claims}.get(kind, self.workloads))


RUNNING = item("Pod", "a", {}, phase="Running")
BOUND = item("PersistentVolumeClaim", "a", {}, phase="Bound")
WHOLE = [
    item("Deployment", "a", {"replicas": 2}, readyReplicas=2),
    item("Deployment", "none", {"replicas": 0}),
    item("DaemonSet", "a", {}, numberReady=1, desiredNumberScheduled=1),
]


@pytest.mark.parametrize(
    ("pods", "claims", "workloads", "said"),
    [
        ([RUNNING], [BOUND], WHOLE, []),
        ([RUNNING, item("Pod", "b", {}, phase="Pending")], [BOUND], WHOLE, ["pod town/b is Pending"]),
        ([RUNNING], [item("PersistentVolumeClaim", "b", {}, phase="Lost")], WHOLE, ["claim town/b is Lost"]),
        (
            [RUNNING],
            [BOUND],
            [item("StatefulSet", "b", {"replicas": 2}, readyReplicas=1), item("Deployment", "c", {"replicas": 1})],
            ["StatefulSet town/b has 1 of 2 pods ready", "Deployment town/c has 0 of 1 pods ready"],
        ),
        (
            [RUNNING],
            [BOUND],
            [item("DaemonSet", "d", {}, numberReady=1, desiredNumberScheduled=3)],
            ["DaemonSet town/d has 1 of 3 pods ready"],
        ),
    ],
)
def test_unsettled_objects_are_reported(pods: Any, claims: Any, workloads: Any, said: list[str]) -> None:
    assert rehearse._unsettled(SimpleNamespace(kubectl=Fake(pods=pods, claims=claims, workloads=workloads))) == said  # type: ignore[arg-type]
