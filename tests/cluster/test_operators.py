"""The definitions of operators, for clusters without running operators."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.cluster.operators import crds
from penstock.core.errors import PenstockError
from penstock.core.layout import ENGINE, Layout
from penstock.platform import environments
from penstock.platform.manifests import Manifests

pytestmark = pytest.mark.integration
LAYOUT = Layout(ENGINE)
POLICIES = "cilium.io/CiliumNetworkPolicy Namespaced"


def operator(*lines: str, kind: str = "Deployment") -> dict[str, Any]:
    annotations = {"penstock/defines": "".join(f"{line}\n" for line in lines)}
    return {"kind": kind, "metadata": {"name": "operator", "namespace": "town", "annotations": annotations}}


@pytest.mark.parametrize("environment", environments.names(LAYOUT))
def test_the_platform_s_cilium_kinds_are_defined(environment: str) -> None:
    objects = Manifests(LAYOUT.tree(environment)).all_objects()
    defined = {(item["spec"]["group"], item["spec"]["names"]["kind"]) for item in crds(objects)}
    used = {("cilium.io", item["kind"]) for item in objects if item["apiVersion"].startswith("cilium.io/")}
    assert used
    assert used <= defined


def test_only_annotated_kinds_are_defined_without_those_of_flux() -> None:
    found = crds([operator(POLICIES), operator("example.org/Town Cluster", kind="Kustomization"), operator()])
    assert [item["metadata"]["name"] for item in found] == ["ciliumnetworkpolicies.cilium.io"]
    assert found[0]["spec"]["names"]["kind"] == "CiliumNetworkPolicy"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "example.org/Town Cluster",
            "Deployment operator: penstock/defines: no known module defines example.org",
        ),
        ("cilium.io/CiliumNetPolicy Namespaced", "does not define `cilium.io/CiliumNetPolicy Namespaced`"),
        ("cilium.io/CiliumNetworkPolicy Cluster", "does not define `cilium.io/CiliumNetworkPolicy Cluster`"),
    ],
)
def test_an_undefined_kind(line: str, said: str) -> None:
    with pytest.raises(PenstockError) as caught:
        crds([operator(line)])
    assert said in caught.value.message
