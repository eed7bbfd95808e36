"""The gates can read every object that the API server accepts, even with a minimum of fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from diff_support import diff
from penstock.core import yaml
from penstock.core.yaml import parse_all
from penstock.gates.references.gate import _CHECKS
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.objects import Object
from penstock.kube.read import read
from penstock.platform.cluster import Cluster
from penstock.platform.rendered import Rendered
from penstock.policies import parse as network

KINDS = Path(__file__).parents[1] / "tools" / "apicheck" / "kinds.yaml"
FULL: list[dict[str, Any]] = parse_all(KINDS.read_bytes(), "kinds.yaml")
# These the API server takes without a spec, data, rules, subjects …; test_apicheck_walk.py has removed each field.
BARE = (
    "CSIDriver",
    "ClusterRole",
    "ConfigMap",
    "DeviceClass",
    "Endpoints",
    "Lease",
    "LimitRange",
    "MutatingWebhookConfiguration",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "PodDisruptionBudget",
    "PriorityClass",
    "ResourceQuota",
    "Role",
    "Secret",
    "ServiceAccount",
    "ValidatingWebhookConfiguration",
)
ABOUT = ("apiVersion", "kind", "metadata")
Check = Callable[[World], Iterator[Verdict]]


def rendered(items: list[dict[str, Any]]) -> Rendered:
    return Rendered(
        "local", "cluster.local", (), tuple(read(Object("town", item, file=f"{item['kind']}.yaml")) for item in items)
    )


def bare() -> list[dict[str, Any]]:
    return [{key: item[key] for key in ABOUT} for item in FULL if item["kind"] in BARE]


@pytest.mark.parametrize("check", _CHECKS.values(), ids=_CHECKS)
@pytest.mark.parametrize("items", [FULL, bare()], ids=["full", "bare"])
def test_references_reads_every_kind(items: list[dict[str, Any]], check: Check) -> None:
    world = World(rendered(items), Cluster(), (), (), (), (), ())
    assert all(isinstance(verdict, Verdict) for verdict in check(world))


@pytest.mark.parametrize("items", [FULL, bare()], ids=["full", "bare"])
def test_network_policies_are_parsed(items: list[dict[str, Any]]) -> None:
    assert len(network.policies(rendered(items))) == 1


# Kinds of other APIs that have the name of one that is looked into, with fields of their own.
FOREIGN: list[dict[str, Any]] = [
    {"kind": "Gateway", "spec": {"selector": {"istio": "ingress"}, "servers": []}},
    {"kind": "GatewayClass", "spec": {"parametersRef": [1]}},
    {"kind": "GitRepository", "spec": {"secretRef": [1]}},
    {"kind": "HTTPRoute", "spec": {"hostnames": 1}},
    {"kind": "ReferenceGrant"},
    {"kind": "Kustomization", "spec": {"dependsOn": ["a"], "sourceRef": "a"}},
    {"kind": "RoleBinding", "roleRef": "text"},
    {"kind": "Role", "rules": "text"},
    {"kind": "CronJob", "spec": {"jobTemplate": "text"}},
    {"kind": "Job", "spec": {"tasks": []}},
    {"kind": "Deployment", "spec": {"template": "text"}},
    {"kind": "StatefulSet"},
    {"kind": "Pod", "spec": "text"},
    {"kind": "Service", "spec": {"template": {"spec": {"containers": []}}}},
    {"kind": "ConfigMap", "data": [1, 2]},
    {"kind": "ServiceAccount", "secrets": ["text"]},
    {"kind": "HorizontalPodAutoscaler", "spec": {"scaleTargetRef": "a"}},
    {"kind": "PodDisruptionBudget", "spec": {"selector": "text"}},
    {"kind": "NetworkPolicy", "spec": "text"},
    {"kind": "CiliumNetworkPolicy", "spec": "text"},
    {"kind": "CustomResourceDefinition", "spec": {}},
    {"kind": "Namespace", "spec": "text"},
    {"kind": "PersistentVolumeClaim", "spec": "text"},
]
STRANGERS = [
    {"apiVersion": "example.org/v1", "metadata": {"name": "thing", "namespace": "town"}, **item} for item in FOREIGN
]
TOWN = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "town"}}


@pytest.mark.parametrize("check", _CHECKS.values(), ids=_CHECKS)
def test_a_custom_kind_with_a_built_in_name_is_distinguished(check: Check) -> None:
    found = rendered([TOWN, *STRANGERS])
    assert [str(verdict) for verdict in check(World(found, Cluster(), (), (), (), (), ())) if verdict.fault] == []
    assert network.policies(found) == []


def test_effects_of_changes_of_custom_kinds_are_not_guessed() -> None:
    old = {f"x/{item['kind']}.yaml": yaml.dump(item).encode() for item in STRANGERS}
    new = {file: text.replace(b"thing", b"other") for file, text in old.items()}
    changes = diff(old, new).changes
    removed = [change for change in changes if change.what == "removed"]
    assert len(removed) == len(STRANGERS)
    assert {effect.says for change in removed for effect in change.effects} == {"pruned"}
