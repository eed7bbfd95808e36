"""Every object that the API server takes, however little is in it, is one that the gates can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.core.yaml import parse_all
from penstock.gates.references.gate import _CHECKS
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.read import read
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
    return Rendered("local", "cluster.local", (), tuple(read(f"{item['kind']}.yaml", item) for item in items))


def bare() -> list[dict[str, Any]]:
    return [{key: item[key] for key in ABOUT} for item in FULL if item["kind"] in BARE]


@pytest.mark.parametrize("check", _CHECKS.values(), ids=_CHECKS)
@pytest.mark.parametrize("items", [FULL, bare()], ids=["full", "bare"])
def test_references_reads_it(items: list[dict[str, Any]], check: Check) -> None:
    world = World(rendered(items), (), (), (), (), ())
    assert all(isinstance(verdict, Verdict) for verdict in check(world))


@pytest.mark.parametrize("items", [FULL, bare()], ids=["full", "bare"])
def test_network_policies_are_read(items: list[dict[str, Any]]) -> None:
    assert len(network.policies(rendered(items))) == 1
