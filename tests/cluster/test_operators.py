"""The definitions that operators would make, where none of them runs."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.cluster.operators import apply, definitions
from penstock.core.errors import PenstockError
from penstock.core.layout import ENGINE, Layout
from penstock.gitops.manifests import Manifests
from penstock.hydrate import environments

LAYOUT = Layout(ENGINE)
POLICIES = "cilium.io/CiliumNetworkPolicy Namespaced"


def operator(*lines: str, kind: str = "Deployment") -> dict[str, Any]:
    annotations = {"penstock/defines": "".join(f"{line}\n" for line in lines)}
    return {"kind": kind, "metadata": {"name": "operator", "namespace": "town", "annotations": annotations}}


class Cluster:
    """A kubectl that notes what it is asked, for a cluster with some definitions."""

    def __init__(self, *there: str) -> None:
        self.there = there
        self.asked: list[str] = []

    def get(self, kind: str) -> list[dict[str, Any]]:
        self.asked.append(f"get {kind}")
        return [{"metadata": {"name": name}} for name in self.there]

    def apply(self, objects: list[dict[str, Any]], manager: str) -> str:
        self.asked.append(f"apply {' '.join(item['metadata']['name'] for item in objects)} as {manager}")
        return ""

    def run(self, *words: str) -> None:
        self.asked.append(" ".join(words))


@pytest.mark.parametrize("environment", environments.names(LAYOUT))
def test_the_kinds_of_ciliums_that_the_platform_has_objects_of_are_defined(environment: str) -> None:
    objects = Manifests(LAYOUT.tree(environment)).all_objects()
    defined = {(item["spec"]["group"], item["spec"]["names"]["kind"]) for item in definitions(objects)}
    used = {("cilium.io", item["kind"]) for item in objects if item["apiVersion"].startswith("cilium.io/")}
    assert used
    assert used <= defined


def test_only_what_the_annotation_names_is_defined_and_what_flux_brings_is_not() -> None:
    found = definitions([operator(POLICIES), operator("example.org/Town Cluster", kind="Kustomization"), operator()])
    assert [item["metadata"]["name"] for item in found] == ["ciliumnetworkpolicies.cilium.io"]
    assert found[0]["spec"]["names"]["kind"] == "CiliumNetworkPolicy"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "example.org/Town Cluster",
            "Deployment operator: penstock/defines: nothing here has the definitions of example.org",
        ),
        ("cilium.io/CiliumNetPolicy Namespaced", "does not define `cilium.io/CiliumNetPolicy Namespaced`"),
        ("cilium.io/CiliumNetworkPolicy Cluster", "does not define `cilium.io/CiliumNetworkPolicy Cluster`"),
    ],
)
def test_a_kind_that_nobody_defines(line: str, said: str) -> None:
    with pytest.raises(PenstockError) as caught:
        definitions([operator(line)])
    assert said in caught.value.message


def test_they_are_applied_and_waited_for_where_they_are_not_there() -> None:
    cluster = Cluster("towns.example.org")
    assert apply(cluster, [operator(POLICIES)]) == ["ciliumnetworkpolicies.cilium.io"]  # type: ignore[arg-type]
    name = "customresourcedefinition.apiextensions.k8s.io/ciliumnetworkpolicies.cilium.io"
    assert cluster.asked == [
        "get customresourcedefinitions",
        "apply ciliumnetworkpolicies.cilium.io as penstock",
        f"wait --for=condition=Established --timeout=30s {name}",
    ]


def test_what_is_there_is_left_alone() -> None:
    cluster = Cluster("ciliumnetworkpolicies.cilium.io")
    apply(cluster, [operator(POLICIES)])  # type: ignore[arg-type]
    assert cluster.asked == ["get customresourcedefinitions"]


def test_without_operators_the_cluster_is_not_even_asked() -> None:
    cluster = Cluster()
    assert apply(cluster, [operator()]) == []  # type: ignore[arg-type]
    assert cluster.asked == []
