"""Which changes the API server refuses: its own code, in tools/apicheck, through the functions that `inv diff` uses."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.core.yaml import parse
from penstock.kube.objects import Object
from penstock.platform.layout import ENGINE
from penstock.review.immutable import immutable, refusals, verdicts
from penstock.review.trees import Item

pytestmark = pytest.mark.integration

PAIRS: list[dict[str, Any]] = parse((ENGINE / "tests" / "tools" / "apicheck" / "pairs.yaml").read_bytes(), "pairs.yaml")


def item(api_version: str, kind: str, **content: Any) -> Item:
    return Item("shop", {"apiVersion": api_version, "kind": kind, "metadata": {"name": "shop"}, **content})


def definition() -> dict[str, Any]:
    """A kind with an address that can't change, and a default."""
    rules = [{"rule": "self == oldSelf", "message": "the address is fixed"}]
    address = {"type": "string", "x-kubernetes-validations": rules}
    fields = {"address": address, "open": {"type": "boolean", "default": True}}
    root = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    schema = {"openAPIV3Schema": root}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
    names = {"kind": "Shop", "plural": "shops"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "shops.town.example"},
        "spec": {"group": "town.example", "scope": "Cluster", "names": names, "versions": versions},
    }


def test_the_pairs() -> None:
    """In one process, as `inv diff` asks."""
    found = verdicts([(Item("shop", pair["old"]), Item("shop", pair["new"])) for pair in PAIRS])
    actual = {
        pair["name"]: sorted({each.field for each in refusals(verdict)})
        for pair, verdict in zip(PAIRS, found, strict=True)
    }
    assert actual == {pair["name"]: sorted(pair.get("refused", [])) for pair in PAIRS}
    assert [pair["name"] for pair, verdict in zip(PAIRS, found, strict=True) if verdict.when_bound] == ["a claim grows"]


def test_one_change() -> None:
    old, new = (item("scheduling.k8s.io/v1", "PriorityClass", value=value) for value in (1, 2))
    assert (immutable(old, old), immutable(old, new)) == ([], ["value"])


def test_a_transition_rule_of_a_definition_among_the_manifests() -> None:
    old = item("town.example/v1", "Shop", spec={"address": "a"})
    pairs = [
        (old, item("town.example/v1", "Shop", spec=spec)) for spec in ({"address": "b"}, {"address": "a", "open": True})
    ]
    refused, accepted = verdicts(pairs, [Object("shop", definition())])
    assert [str(each) for each in refusals(refused)] == ['spec.address: Invalid value: "b": the address is fixed']
    assert (accepted.unknown, refusals(accepted)) == (False, [])


def test_the_kinds_of_the_gateway_api_are_known() -> None:
    old, new = (
        item("gateway.networking.k8s.io/v1", "GatewayClass", spec={"controllerName": f"town.example/{name}"})
        for name in ("a", "b")
    )
    assert immutable(old, new) == ["spec.controllerName"]


def test_a_kind_without_a_definition_has_no_answer() -> None:
    old, new = (item("town.example/v1", "Market", spec={"a": value}) for value in (1, 2))
    [verdict] = verdicts([(old, new)])
    assert (verdict.unknown, immutable(old, new)) == (True, [])


def test_what_is_invalid_before_and_after_is_not_the_changes_fault() -> None:
    old, new = (item("v1", "ConfigMap", data={"a/b": value}) for value in ("1", "2"))
    assert immutable(old, new) == []
    good = item("v1", "ConfigMap", data={"a": "1"})
    assert (immutable(good, new), immutable(old, good)) == (["data[a/b]"], [])


@pytest.mark.parametrize(("version", "unknown"), [("1.35.5", True), ("1.37.0", False), ("1.99", False)])
def test_the_version_decides_which_kinds_there_are(version: str, unknown: bool) -> None:
    rule = item("resource.k8s.io/v1", "DeviceTaintRule", spec={"taint": {"key": "a", "effect": "NoSchedule"}})
    [verdict] = verdicts([(rule, rule)], version=version)
    assert verdict.unknown == unknown


def test_nothing_is_asked_when_nothing_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("penstock.tools.apicheck.resolve", lambda name: tmp_path / name)
    assert verdicts([]) == []


@pytest.mark.parametrize(("before", "after"), [("v1beta1", "v1"), ("v1", "v1beta1")])
@pytest.mark.parametrize("spec", [{"open": True}, {"open": False}], ids=["the same", "another value"])
def test_a_custom_resource_moves_to_another_version(before: str, after: str, spec: dict[str, Any]) -> None:
    made = definition()
    (version,) = made["spec"]["versions"]
    made["spec"]["versions"] = [version, {**version, "name": "v1beta1", "storage": False}]
    old = item(f"town.example/{before}", "Shop", spec={"address": "a", "open": True})
    new = item(f"town.example/{after}", "Shop", spec={"address": "a", **spec})
    (found,) = verdicts([(old, new)], [Object("shop", made)])
    assert (found.unknown, list(refusals(found))) == (False, [])


LIMITS = {"limits": {"memory": "1Gi", "cpu": "1"}}
POD = {"containers": [{"name": "a", "image": "a:1", "resources": LIMITS, "env": [{"name": "A"}]}]}


def deployment(change: Callable[[dict[str, Any]], Any]) -> Item:
    pod = copy.deepcopy(POD)
    change(pod)
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod}
    return item("apps/v1", "Deployment", spec={"selector": {"matchLabels": {"a": "b"}}, "template": template})


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda pod: pod.update(terminationGracePeriodSeconds=30), True),
        (lambda pod: pod.update(securityContext={}, serviceAccount=""), True),
        (lambda pod: pod["containers"][0].update(imagePullPolicy="IfNotPresent"), True),
        (lambda pod: pod["containers"][0]["resources"]["limits"].update(memory="1073741824", cpu="1000m"), True),
        (lambda pod: pod["containers"][0]["env"][0].update(value=""), True),
        (lambda pod: pod["containers"][0].update(image="a:2"), False),
        (lambda pod: pod["containers"][0]["resources"]["limits"].update(memory="2Gi"), False),
        (lambda pod: pod.update(terminationGracePeriodSeconds=31), False),
    ],
)
def test_pods_are_rolled_by_what_the_api_server_stores(change: Callable[[dict[str, Any]], Any], same: bool) -> None:
    (found,) = verdicts([(deployment(lambda pod: None), deployment(change))])
    assert (list(refusals(found)), found.same_template) == ([], same)
