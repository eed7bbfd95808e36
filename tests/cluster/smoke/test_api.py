"""Checks that need only the API server: nodes, Kustomizations, and a dry run."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.cluster.smoke import api
from penstock.core import yaml
from smoke_support import Fake, fails, passes, world

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OLDER = "fedcba9876543210fedcba9876543210fedcba98"


def node(name: str, status: str, reason: str = "KubeletReady", message: str = "kubelet is posting ready") -> Any:
    condition = {"type": "Ready", "status": status, "reason": reason, "message": message}
    return {
        "metadata": {"name": name},
        "status": {"conditions": [{"type": "DiskPressure", "status": "False"}, condition]},
    }


def test_all_nodes_are_ready() -> None:
    items = {"items": [node("a", "True"), node("b", "True")]}
    assert passes(api.nodes, world(Fake(answers={"get nodes": items}))) == "2 nodes Ready"


def test_a_node_that_becomes_ready_in_time() -> None:
    answers = [{"items": [node("a", "False")]}, {"items": [node("a", "True")]}]
    assert passes(api.nodes, world(Fake(answers={"get nodes": answers}))) == "1 nodes Ready"


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (
            [node("a", "True"), node("b", "False", "KubeletNotReady", "no CNI")],
            "b is not Ready: KubeletNotReady: no CNI",
        ),
        ([node("b", "Unknown", "NodeStatusUnknown", "gone")], "b is not Ready: NodeStatusUnknown: gone"),
        ([{"metadata": {"name": "b"}}], "b is not Ready: its kubelet has reported nothing yet"),
        ([], "the cluster has no nodes"),
    ],
)
def test_nodes_that_are_not_ready(items: list[Any], said: str) -> None:
    assert fails(api.nodes, world(Fake(answers={"get nodes": {"items": items}}))).startswith(f"{said} (waited")


def test_an_api_server_that_goes_away() -> None:
    assert "kubectl failed (exit 1)" in fails(api.nodes, world(Fake()))


def source(revision: str = COMMIT, ready: str = "True", message: str = "") -> Any:
    conditions = [{"type": "Ready", "status": ready, "message": message}]
    return {
        "metadata": {"name": "platform"},
        "spec": {"url": "http://127.0.0.1/platform.git"},
        "status": {"conditions": conditions, "artifact": {"revision": f"main@sha1:{revision}"}},
    }


def kustomization(name: str, revision: str = COMMIT, ready: str = "True", generation: int = 1) -> Any:
    reason, message = ("ReconciliationSucceeded", "") if ready == "True" else ("HealthCheckFailed", "timeout\n waiting")
    return {
        "metadata": {"name": name, "generation": generation},
        "spec": {},
        "status": {
            "observedGeneration": 1,
            "conditions": [{"type": "Ready", "status": ready, "reason": reason, "message": message}],
            "lastAppliedRevision": f"main@sha1:{revision}",
        },
    }


def flux(*items: Any, fetched: Any = None) -> Fake:
    return Fake(answers={"get gitrepositories": fetched or source(), "get kustomizations": {"items": list(items)}})


def test_kustomizations_at_the_commit() -> None:
    there = flux(kustomization("platform"), kustomization("loki"), kustomization("other", OLDER, "False"))
    assert (
        passes(api.kustomizations, world(there, revision=COMMIT, loki=[])) == "2 Kustomizations Ready at 0123456789ab"
    )


@pytest.mark.parametrize(
    ("fake", "said"),
    [
        (flux(kustomization("platform")), "Flux has no Kustomization loki"),
        (flux(kustomization("loki")), "Flux has no Kustomization platform"),
        (
            flux(kustomization("platform"), kustomization("loki", ready="False")),
            "loki is not Ready: HealthCheckFailed: timeout waiting",
        ),
        (flux(kustomization("platform"), kustomization("loki", generation=2)), "loki is not Ready"),
        (
            flux(kustomization("platform"), kustomization("loki", OLDER)),
            "loki is at fedcba987654, but Flux has 0123456789ab",
        ),
        (flux(fetched=source(OLDER)), "Flux has fetched fedcba987654, but the commit is 0123456789ab"),
        (flux(fetched=source(ready="False", message="no route")), "Flux can't fetch the platform: no route"),
        (Fake(answers={"get gitrepositories": ""}), "Flux can't fetch the platform: there is no GitRepository"),
    ],
)
def test_kustomizations_that_are_not(fake: Fake, said: str) -> None:
    assert fails(api.kustomizations, world(fake, revision=COMMIT, loki=[])).startswith(said)


MAP: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"a": "b"}}}
OTHER: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "y"}}
# What kubectl 1.37 printed for a Service whose port was changed by hand.
DIFFERENCE = """\
diff -u -N /tmp/LIVE-1/v1.Service.observability.grafana /tmp/MERGED-2/v1.Service.observability.grafana
--- /tmp/LIVE-1/v1.Service.observability.grafana\t2026-11-24 15:51:30.000000000 +0000
+++ /tmp/MERGED-2/v1.Service.observability.grafana\t2026-11-24 15:51:30.000000000 +0000
@@ -5,1 +5,1 @@
-  generation: 1
+  generation: 2
@@ -33,7 +33,7 @@
-    port: 3001
+    port: 3000
"""


def test_nothing_would_change_and_the_objects_have_flux_labels() -> None:
    fake = Fake(answers={"diff": "", "get kustomizations": {"items": [kustomization("loki")]}})
    assert passes(api.unchanged, world(fake, loki=[MAP], tempo=[OTHER])) == "2 objects, none would change"
    sent = yaml.parse_all(fake.stdin[-1])
    group = "kustomize.toolkit.fluxcd.io"
    assert sent[0]["metadata"]["labels"] == {"a": "b", f"{group}/name": "loki", f"{group}/namespace": "flux-system"}
    assert sent[1]["metadata"]["labels"][f"{group}/name"] == "tempo"
    assert "--server-side" in fake.asked[-1]
    assert "--field-manager=kustomize-controller" in fake.asked[-1]


def test_objects_that_a_local_cluster_patches_are_left_out_and_counted() -> None:
    patched = kustomization("loki") | {"spec": {"patches": [{"target": {"kind": "ConfigMap", "name": "x"}}]}}
    # The root's patch is what makes the other one, and changes no object of a component.
    root = kustomization("platform") | {"spec": {"patches": [{"target": {"kind": "Kustomization", "name": "loki"}}]}}
    fake = Fake(answers={"diff": "", "get kustomizations": {"items": [root, patched]}})
    found = passes(api.unchanged, world(fake, loki=[MAP, OTHER], tempo=[MAP]))
    assert found == "2 objects, none would change; 1 patched here"
    assert [item["metadata"]["name"] for item in yaml.parse_all(fake.stdin[-1])] == ["y", "x"]


def test_a_changed_object() -> None:
    fake = Fake(answers={"diff": (1, DIFFERENCE), "get kustomizations": {"items": []}})
    assert fails(api.unchanged, world(fake, grafana=[MAP])) == (
        "1 objects would change: v1.Service.observability.grafana: -    port: 3001 +    port: 3000"
    )


def test_a_dry_run_that_the_api_server_refuses() -> None:
    fake = Fake(answers={"diff": (1, "error: field is immutable"), "get kustomizations": {"items": []}})
    assert fails(api.unchanged, world(fake, grafana=[MAP])) == "error: field is immutable"
