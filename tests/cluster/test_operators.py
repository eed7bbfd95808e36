"""The definitions of operators, for clusters without running operators."""

from __future__ import annotations

import pytest

from penstock.cluster.operators import crds
from penstock.core.errors import PenstockError
from penstock.kube.definitions import definition
from penstock.kube.objects import Object
from penstock.platform import environments
from penstock.platform.layout import ENGINE, Layout
from penstock.platform.manifests import Manifests

pytestmark = pytest.mark.integration
LAYOUT = Layout(ENGINE)
POLICIES = "cilium.io/CiliumNetworkPolicy Namespaced"


def operator(*lines: str, kind: str = "Deployment") -> Object:
    annotations = {"penstock/defines": "".join(f"{line}\n" for line in lines)}
    metadata = {"name": "operator", "namespace": "town", "annotations": annotations}
    return Object("town", {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata})


@pytest.mark.parametrize("environment", environments.names(LAYOUT))
def test_the_platform_s_cilium_kinds_are_defined(environment: str) -> None:
    objects = Manifests(LAYOUT.tree(environment)).all_objects()
    defined = {str(definition(item)).partition(" ")[0] for item in crds(objects)}
    used = {item.ref.group_kind for item in objects if item.ref.group == "cilium.io"}
    assert used
    assert used <= defined


def test_only_annotated_kinds_are_defined_without_those_of_flux() -> None:
    found = crds([operator(POLICIES), operator("example.org/Town Cluster", kind="Kustomization"), operator()])
    assert [item.name for item in found] == ["ciliumnetworkpolicies.cilium.io"]
    assert str(definition(found[0])) == POLICIES


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
