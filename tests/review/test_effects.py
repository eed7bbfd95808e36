"""What Flux makes of a change: what it rolls, prunes, moves and leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from diff_support import FLUX, SHOP, an, diff, effects, texts, workload


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_another_pod_template_rolls_the_pods(kind: str) -> None:
    newer = {"containers": [{"name": "shop", "image": "registry.example/shop:2"}]}
    assert effects([workload(kind, SHOP)], [workload(kind, newer)]) == [("rolled", "its pods are rolled")]
    assert effects([workload(kind, SHOP, replicas=1)], [workload(kind, SHOP, replicas=2)]) == []


def test_pods_of_on_delete_stay_until_they_are_deleted() -> None:
    by_hand = {"updateStrategy": {"type": "OnDelete"}}
    newer = {"containers": [{"name": "shop", "image": "registry.example/shop:2"}]}
    [(what, says)] = effects([workload("DaemonSet", SHOP, **by_hand)], [workload("DaemonSet", newer, **by_hand)])
    assert (what, says.endswith("its updateStrategy is OnDelete")) == ("unread", True)


def test_a_config_map_that_changed_and_whose_reader_is_not_rolled() -> None:
    reads = {"containers": [{"name": "shop", "envFrom": [{"configMapRef": {"name": "shop"}}]}]}
    old = [an("ConfigMap", data={"a": "1"}), workload("Deployment", reads)]
    new = [an("ConfigMap", data={"a": "2"}), workload("Deployment", reads)]
    assert effects(old, new) == [("unread", "Deployment town/shop reads it, and its pods are not rolled")]
    new[1]["spec"]["template"]["metadata"] = {"annotations": {"checksum/config": "2"}}
    assert effects(old, new) == [("rolled", "its pods are rolled")]
    elsewhere = workload("Deployment", reads)
    elsewhere["metadata"]["namespace"] = "village"
    assert effects([old[0], elsewhere], [new[0], elsewhere]) == []


@pytest.mark.parametrize(
    ("kind", "spec", "says"),
    [
        ("Deployment", {"replicas": 0}, None),
        ("StatefulSet", {"replicas": 0}, None),
        ("Deployment", {"paused": True}, "its pods stay as they are while spec.paused is true"),
        (
            "StatefulSet",
            {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
            "its pods stay as they are: the partition of its updateStrategy is 2",
        ),
        ("StatefulSet", {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}}, "its pods are rolled"),
        ("DaemonSet", {}, "its pods are rolled"),
    ],
)
def test_pods_that_are_not_rolled_at_once(kind: str, spec: dict[str, Any], says: str | None) -> None:
    old, new = (workload(kind, {"hostNetwork": on}, **spec) for on in (True, False))
    assert [text for _, text in effects([old], [new])] == ([says] if says else [])


def test_labels_of_a_config_map_are_read_by_no_pod() -> None:
    pod = {"containers": [], "volumes": [{"name": "a", "configMap": {"name": "shop"}}]}
    shop = workload("Deployment", pod)
    old, new = (an("ConfigMap", {"a": text}, data={"a": "1"}) for text in ("1", "2"))
    assert effects([old, shop], [new, shop]) == []


def test_a_job_that_deletes_itself_runs_again() -> None:
    found = effects([], [workload("Job", SHOP, ttlSecondsAfterFinished=0)])
    assert [what for what, _ in found] == ["reruns"]
    assert effects([], [workload("Job", SHOP)]) == []


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("ConfigMap", "pruned"),
        ("Namespace", "pruned; all that is in it goes with it"),
        ("PersistentVolumeClaim", "pruned; its data goes with it, unless its class retains volumes"),
        ("StatefulSet", "pruned; its pods go with it, the claims of its pods stay"),
        ("Kustomization", "pruned; what it has applied is pruned with it"),
    ],
)
def test_what_is_gone_from_git_is_pruned(kind: str, says: str) -> None:
    version = f"{FLUX}/v1" if kind == "Kustomization" else "v1"
    assert effects([an(kind) | {"apiVersion": version}], []) == [("pruned", says)]


@pytest.mark.parametrize(("value", "kept"), [("keep", True), (" Keep ", True), ("delete", False)])
def test_what_helm_would_keep_and_flux_does_not(value: str, kept: bool) -> None:
    found = effects([an("PersistentVolumeClaim", {"helm.sh/resource-policy": value})], [])
    assert found[0][0] == "pruned"
    assert any("kustomize.toolkit.fluxcd.io/prune: disabled" in says for _, says in found) is kept


@pytest.mark.parametrize(("name", "value"), [("prune", "disabled"), ("reconcile", "Disabled"), ("ssa", "Ignore")])
def test_what_says_so_itself_is_not_pruned(name: str, value: str) -> None:
    [(what, says)] = effects([an("ConfigMap", {f"{FLUX}/{name}": value})], [])
    assert what == "kept"
    assert f"{FLUX}/{name}: {value.lower()}, so it stays in the cluster" in says


@pytest.mark.parametrize(("name", "value"), [("reconcile", "disabled"), ("ssa", "Ignore"), ("ssa", "IfNotPresent")])
def test_what_flux_leaves_alone_neither_rolls_nor_is_refused(name: str, value: str) -> None:
    old = workload("Deployment", SHOP, selector={"a": "b"})
    new = workload("Deployment", {"containers": []}, selector={"a": "c"})
    new["metadata"]["annotations"] = {f"{FLUX}/{name}": value}
    assert [what for what, _ in effects([old], [new])] == ["unmanaged"]


@pytest.mark.parametrize(("name", "value"), [("reconcile", "disabled"), ("ssa", "ignore")])
def test_flux_does_not_create_what_tells_it_to_keep_off(name: str, value: str) -> None:
    assert [what for what, _ in effects([], [an("ConfigMap", {f"{FLUX}/{name}": value})])] == ["unmanaged"]


def test_an_object_that_moves_between_components_may_be_deleted_first() -> None:
    old, new = (texts(an("ConfigMap"), component=name) for name in ("shop", "market"))
    [change] = diff(old, new).changes
    assert (change.what, change.component, change.fields) == ("changed", "market", [])
    assert [effect.what for effect in change.effects] == ["moved"]
    assert change.effects[0].says.startswith("moved from shop to market: if Flux reconciles shop first, it deletes it")


def test_what_is_not_pruned_can_move_to_another_component() -> None:
    kept = an("ConfigMap", {f"{FLUX}/prune": "disabled"})
    (change,) = diff(texts(kept), texts(kept, component="other")).changes
    assert change.effects == []
