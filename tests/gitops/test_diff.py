"""What follows from a change of an object: the fields, and what Flux and the API server make of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.core import yaml
from penstock.core.errors import PenstockError
from penstock.gitops.diff import compare
from penstock.gitops.diff.fields import Field
from penstock.gitops.diff.fields import compare as fields
from penstock.gitops.diff.trees import Item
from penstock.tools.apicheck import Problem, Verdict


@pytest.fixture(autouse=True)
def _accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An API server that accepts everything; what the real one answers is in test_immutable.py."""
    answer(monkeypatch, Verdict())


GROUPS = {
    "apps/v1": ["Deployment", "StatefulSet", "DaemonSet"],
    "batch/v1": ["Job", "CronJob"],
    "rbac.authorization.k8s.io/v1": ["RoleBinding", "ClusterRoleBinding"],
    "storage.k8s.io/v1": ["StorageClass"],
}
FLUX = "kustomize.toolkit.fluxcd.io"
SHOP: dict[str, Any] = {"containers": [{"name": "shop", "image": "registry.example/shop:1"}]}


def an(kind: str, annotations: dict[str, str] | None = None, **content: Any) -> dict[str, Any]:
    """An object named town/shop."""
    version = next((version for version, kinds in GROUPS.items() if kind in kinds), "v1")
    metadata = {"name": "shop", "namespace": "town", **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def workload(kind: str, pod: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return an(kind, spec={"template": {"spec": pod}, **spec})


def texts(*objects: dict[str, Any], component: str = "shop") -> dict[str, bytes]:
    return {
        f"{component}/{item['kind'].lower()}-{item['metadata']['name']}.yaml": yaml.dump(item).encode()
        for item in objects
    }


def effects(
    old: list[dict[str, Any]], new: list[dict[str, Any]], declared: dict[tuple[str, str], set[str]] | None = None
) -> list[tuple[str, str]]:
    """What follows, over all objects that differ."""
    found = compare.diff("local", texts(*old), texts(*new), declared or {}, [])
    return [(effect.what, effect.says) for change in found.changes for effect in change.effects]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, [Field("spec.replicas", 1, 2)]),
        ({"a": "1"}, {"a": 1}, [Field("a", "1", 1)]),
        ({}, {"labels": {"x/y": "z"}}, [Field("labels", None, {"x/y": "z"})]),
        ({"labels": {"x/y": "z", "b": "c"}}, {"labels": {"b": "c"}}, [Field("labels[x/y]", "z", None)]),
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "3"}]},
            [Field("env[A].value", "1", "3"), Field("env (order)", "A, B", "B, A")],
        ),
        (
            {"mounts": [{"name": "x", "mountPath": "/a"}, {"name": "x", "mountPath": "/b"}]},
            {"mounts": [{"name": "x", "mountPath": "/a"}, {"name": "x", "mountPath": "/c"}]},
            [
                Field("mounts[/b]", {"name": "x", "mountPath": "/b"}, None),
                Field("mounts[/c]", None, {"name": "x", "mountPath": "/c"}),
            ],
        ),
        (
            {"args": ["--a", "--b"]},
            {"args": ["--a", "--c"]},
            [Field("args", ["--a", "--b"], ["--a", "--c"])],
        ),
        (
            {"args": ["--a", "--b" * 50, "--c", "--d"]},
            {"args": ["--a", "--b" * 50, "--c", "--e"]},
            [Field("args", lines=["@@ -3,2 +3,2 @@", " - --c", "-- --d", "+- --e"])],
        ),
        (
            {"data": {"x.yaml": "a: 1\nb: 2\nc: 3\n"}},
            {"data": {"x.yaml": "a: 1\nb: 4\nc: 3\n"}},
            [Field("data[x.yaml]", lines=["@@ -1,3 +1,3 @@", " a: 1", "-b: 2", "+b: 4", " c: 3"])],
        ),
        (
            {"data": {"x": "a\n"}},
            {"data": {"x": "a"}},
            [Field("data.x", lines=["\\ only the line break at the end differs"])],
        ),
        ({"a": []}, {}, [Field("a", [], None)]),
        (
            {"a": [{"name": "x"}, {"b": "c"}]},
            {"a": [{"name": "x"}]},
            [Field("a", [{"name": "x"}, {"b": "c"}], [{"name": "x"}])],
        ),
        ({"a": "b" * 101}, {"a": "c"}, [Field("a", lines=["@@ -1 +1 @@", f"-{'b' * 101}", "+c"])]),
    ],
)
def test_fields(old: Any, new: Any, found: list[Field]) -> None:
    assert list(fields(old, new)) == found


def test_an_object_is_known_by_group_kind_namespace_and_name_whatever_its_file() -> None:
    old = texts(an("ConfigMap", data={"a": "1"}))
    new = {"shop/renamed.yaml": yaml.dump(an("ConfigMap", data={"a": "1"})).encode()}
    assert compare.diff("local", old, new, {}, []).changes == []


def test_a_null_is_what_the_api_server_stores() -> None:
    """Nothing in a field, no text in a map of text, and itself in a custom resource."""
    old, new = (texts(an("ConfigMap", immutable=value, data={"a": "1"})) for value in (None, None))
    new = {path: text.replace(b"immutable: null\n", b"") for path, text in new.items()}
    assert old != new
    assert compare.diff("local", old, new, {}, []).changes == []
    old, new = (texts(an("ConfigMap", data={"a": value})) for value in (None, ""))
    assert compare.diff("local", old, new, {}, []).changes == []
    old, new = (texts({**an("Widget", spec=spec), "apiVersion": "x.io/v1"}) for spec in ({"a": None}, {}))
    (change,) = compare.diff("local", old, new, {}, []).changes
    assert change.fields == [Field("spec.a", "null", None)]


@pytest.mark.parametrize("text", ["a: 1", "- a", "kind: ConfigMap\nmetadata: {name: x}", "", "<<<<<<< HEAD"])
def test_a_file_without_an_object_is_named(text: str) -> None:
    with pytest.raises(PenstockError, match=r"manifests/local/shop/odd\.yaml: no object"):
        compare.diff("local", {}, {"shop/odd.yaml": text.encode()}, {}, [])


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


def spec(kind: str, **fields: Any) -> dict[str, Any]:
    return an(kind, spec=fields)


FIXED = Problem("Invalid", "field is immutable", "spec.selector")


def answer(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    """Let the API server answer this to every change."""
    monkeypatch.setattr(compare, "verdicts", lambda pairs, *_: [verdict for _ in pairs])


def test_what_the_api_server_refuses_stops_the_component(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Verdict(new=[FIXED, Problem("Forbidden", "no", "spec.a")]))
    [(what, says)] = effects([spec("Deployment", a=1)], [spec("Deployment", a=2)])
    assert what == "refused"
    assert says == (
        "refused: spec.selector: field is immutable; spec.a: no; until this is fixed, Flux applies nothing of shop; "
        "give the object another name, or delete it in the cluster first"
    )


def test_what_is_wrong_with_or_without_the_old_object_needs_another_value(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Verdict(new=[FIXED], alone=True))
    says = "refused: spec.selector: field is immutable; until this is fixed, Flux applies nothing of shop"
    forced = spec("Deployment", a=2)
    forced["metadata"]["annotations"] = {f"{FLUX}/force": "Enabled"}
    assert effects([spec("Deployment", a=1)], [spec("Deployment", a=2)]) == [("refused", says)]
    assert effects([spec("Deployment", a=1)], [forced]) == [("refused", says)]


def test_a_claim_can_grow_once_it_is_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Verdict(new=[Problem("Forbidden", "spec is immutable", "spec")], when_bound=True))
    [(what, says)] = effects([spec("PersistentVolumeClaim", a=1)], [spec("PersistentVolumeClaim", a=2)])
    assert (what, "this holds while the claim is unbound" in says) == ("refused", True)


def test_what_was_refused_before_is_for_the_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Verdict(old=[FIXED], new=[FIXED]))
    assert effects([spec("Deployment", a=1)], [spec("Deployment", a=2)]) == []


@pytest.mark.parametrize("where", [0, 1])
def test_what_flux_may_force_is_created_again(where: int, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Verdict(new=[FIXED]))
    pair = [workload("Deployment", SHOP, selector={"a": "b"}), workload("Deployment", SHOP, selector={"a": "c"})]
    pair[where]["metadata"]["annotations"] = {f"{FLUX}/force": "Enabled"}
    [(what, says)] = effects(pair[:1], pair[1:])
    assert what == "recreated"
    assert says.startswith(
        "deleted and created again, since the API server refuses the change: spec.selector: field is"
    )
    assert says.endswith("; its pods go with it")


def test_the_api_server_is_asked_only_about_what_changes_and_flux_applies(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def verdicts(pairs: list[tuple[Item, Item]], *_: object) -> list[Verdict]:
        asked.extend(str(new) for _, new in pairs)
        return [Verdict() for _ in pairs]

    monkeypatch.setattr(compare, "verdicts", verdicts)
    kept = an("Secret", {f"{FLUX}/ssa": "Ignore"}, data={"a": "1"})
    same = spec("Deployment", a=1)
    effects(
        [an("ConfigMap", data={"a": "1"}), kept, same], [an("ConfigMap", data={"a": "2"}), {**kept, "data": {}}, same]
    )
    assert asked == ["ConfigMap town/shop"]


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


def test_an_object_that_moves_between_components_may_be_deleted_first() -> None:
    old, new = (texts(an("ConfigMap"), component=name) for name in ("shop", "market"))
    [change] = compare.diff("local", old, new, {}, []).changes
    assert (change.what, change.component, change.fields) == ("changed", "market", [])
    assert [effect.what for effect in change.effects] == ["moved"]
    assert change.effects[0].says.startswith("moved from shop to market: if Flux reconciles shop first, it deletes it")


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


def key_of(kind: str, **more: Any) -> dict[str, Any]:
    """A pod whose container reads the key `pin` of `vault`."""
    return {"containers": [{"name": "shop", "env": [{"name": "PIN", "valueFrom": {kind: {"name": "vault", **more}}}]}]}


SECRETS: list[tuple[dict[str, Any], str]] = [
    ({"containers": [{"name": "a", "envFrom": [{"secretRef": {"name": "vault"}}]}]}, ""),
    ({"initContainers": [{"name": "a", "envFrom": [{"secretRef": {"name": "vault"}}]}], "containers": []}, ""),
    (key_of("secretKeyRef", key="pin"), " with pin"),
    ({"containers": [], "volumes": [{"name": "v", "secret": {"secretName": "vault"}}]}, ""),
    ({"containers": [], "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "vault"}}]}}]}, ""),
    ({"containers": [], "imagePullSecrets": [{"name": "vault"}]}, ""),
]


@pytest.mark.parametrize(("pod", "keys"), SECRETS)
def test_a_secret_that_nothing_read_before_is_needed(pod: dict[str, Any], keys: str) -> None:
    declared = {("town", "vault"): {"pin"}}
    expected = f"needs Secret town/vault{keys}: `inv up` makes it; elsewhere a person does"
    assert effects([], [workload("Deployment", pod)], declared) == [("needs", expected)]
    old = workload("Deployment", SHOP)
    assert ("needs", expected) in effects([old], [workload("Deployment", pod)], declared)
    assert effects([workload("Deployment", pod, replicas=1)], [workload("Deployment", pod, replicas=2)], declared) == []


def test_a_secret_that_nobody_declares_and_a_key_that_is_not_declared() -> None:
    reads = workload("Deployment", key_of("secretKeyRef", key="pin"))
    text = "needs Secret town/vault with pin: no secrets.yaml declares it, so a person or a program has to make it"
    assert effects([], [reads]) == [("needs", text)]
    text = "needs Secret town/vault with pin: its secrets.yaml has no pin"
    assert effects([], [reads], {("town", "vault"): {"puk"}}) == [("needs", text)]


def test_another_key_of_a_secret_that_is_there() -> None:
    old = workload("Deployment", key_of("secretKeyRef", key="pin"))
    new = workload("Deployment", key_of("secretKeyRef", key="puk"))
    text = "needs Secret town/vault with puk: `inv up` never changes a Secret that is there, so look that it has"
    assert effects([old], [new]) == [("rolled", "its pods are rolled"), ("needs", text)]


@pytest.mark.parametrize(
    "pod", [key_of("configMapKeyRef", key="pin"), key_of("secretKeyRef", key="pin", optional=True)]
)
def test_what_pods_start_without_is_not_needed(pod: dict[str, Any]) -> None:
    assert effects([], [workload("Deployment", pod)]) == []


def test_the_certificate_of_a_gateway_is_needed() -> None:
    listener = {"name": "https", "tls": {"certificateRefs": [{"name": "vault"}]}}
    [(what, says)] = effects(
        [], [spec("Gateway", listeners=[listener]) | {"apiVersion": "gateway.networking.k8s.io/v1"}]
    )
    assert (what, says.partition(":")[0]) == ("needs", "needs Secret town/vault")


def test_a_job_of_a_forced_kustomization_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """So are the Jobs that were hooks of Helm: Flux deletes what can't be changed, and it runs again."""
    answer(monkeypatch, Verdict(new=[FIXED]))
    flux = {
        "apiVersion": f"{FLUX}/v1",
        "kind": "Kustomization",
        "metadata": {"name": "shop", "namespace": "flux-system"},
        "spec": {"force": True},
    }
    pods = [
        {"restartPolicy": "Never", "hostNetwork": on, "containers": [{"name": "a", "image": "a"}]}
        for on in (True, False)
    ]
    about = {"name": "migrate", "namespace": "town"}
    jobs = [
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": about, "spec": {"template": {"spec": pod}}}
        for pod in pods
    ]
    old, new = (texts(job) | texts(flux, component="flux-system") for job in jobs)
    (change,) = compare.diff("local", old, new, {}, []).changes
    assert [effect.what for effect in change.effects] == ["recreated"]


@pytest.mark.parametrize(("value", "kept"), [("keep", True), (" Keep ", True), ("delete", False)])
def test_what_helm_would_keep_and_flux_does_not(value: str, kept: bool) -> None:
    found = effects([an("PersistentVolumeClaim", {"helm.sh/resource-policy": value})], [])
    assert found[0][0] == "pruned"
    assert any("kustomize.toolkit.fluxcd.io/prune: disabled" in says for _, says in found) is kept


def test_a_job_that_deletes_itself_runs_again() -> None:
    found = effects([], [workload("Job", SHOP, ttlSecondsAfterFinished=0)])
    assert [what for what, _ in found] == ["reruns"]
    assert effects([], [workload("Job", SHOP)]) == []


def lock(**hooks: dict[str, dict[str, str]]) -> dict[str, bytes]:
    return {"penstock.lock": json.dumps({"components": {name: {"hooks": of} for name, of in hooks.items()}}).encode()}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({}, {}, []),
        ({}, {"penstock.lock": b"<<<<<<<"}, []),
        ({"penstock.lock": b"[]"}, {"penstock.lock": b'{"version": 2}'}, []),
        (
            {},
            lock(shop={"/Pod//p": {"events": "pre-delete", "action": "omit"}}),
            ["components/shop: Pod p, a hook of Helm (pre-delete): none → left out"],
        ),
        (
            lock(shop={"batch/Job/town/j": {"events": "pre-install", "action": "omit"}}),
            lock(shop={"batch/Job/town/j": {"events": "pre-install", "action": "apply"}}),
            ["components/shop: Job town/j, a hook of Helm (pre-install): left out → applied as a plain object"],
        ),
        (
            lock(shop={"batch/Job/town/j": {"events": "pre-install", "action": "omit"}}),
            lock(shop={"batch/Job/town/j": {"events": "pre-install", "action": "omit"}}),
            [],
        ),
    ],
)
def test_hooks_of_which_another_thing_becomes(old: dict[str, bytes], new: dict[str, bytes], found: list[str]) -> None:
    assert compare.diff("local", old, new, {}, []).hooks == found


@pytest.mark.parametrize(("name", "value"), [("reconcile", "disabled"), ("ssa", "ignore")])
def test_flux_does_not_create_what_tells_it_to_keep_off(name: str, value: str) -> None:
    assert [what for what, _ in effects([], [an("ConfigMap", {f"{FLUX}/{name}": value})])] == ["unmanaged"]


def test_what_is_not_pruned_can_move_to_another_component() -> None:
    kept = an("ConfigMap", {f"{FLUX}/prune": "disabled"})
    (change,) = compare.diff("local", texts(kept), texts(kept, component="other"), {}, []).changes
    assert change.effects == []


def test_a_secret_of_the_manifests_is_made_by_them() -> None:
    token = an("Secret", type="kubernetes.io/service-account-token")
    pod = {"containers": [], "volumes": [{"name": "a", "secret": {"secretName": "shop"}}]}
    assert effects([], [token, workload("Deployment", pod)]) == []


def test_labels_of_a_config_map_are_read_by_no_pod() -> None:
    pod = {"containers": [], "volumes": [{"name": "a", "configMap": {"name": "shop"}}]}
    shop = workload("Deployment", pod)
    old, new = (an("ConfigMap", {"a": text}, data={"a": "1"}) for text in ("1", "2"))
    assert effects([old, shop], [new, shop]) == []


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
