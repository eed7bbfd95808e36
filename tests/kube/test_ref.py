"""An object has one identity, however it is written."""

from __future__ import annotations

import pytest

from penstock.kube.ref import ObjectRef

ROLE = ObjectRef("rbac.authorization.k8s.io", "Role", "kube-system", "system:controller:token")


def test_the_version_of_the_api_is_no_part_of_it() -> None:
    metadata = {"name": "web", "namespace": "shop"}
    old = ObjectRef.of({"apiVersion": "apps/v1beta2", "kind": "Deployment", "metadata": metadata})
    new = ObjectRef.of({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata})
    assert old == new == ObjectRef("apps", "Deployment", "shop", "web")


def test_a_namespace_that_is_null_is_none() -> None:
    found = ObjectRef.of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "namespace": None}})
    assert found == ObjectRef("", "Namespace", "", "shop")


@pytest.mark.parametrize("ref", [ROLE, ObjectRef("", "Namespace", "", "shop"), ObjectRef("a.io", "Odd", "", "x/y")])
def test_an_id_is_read_back(ref: ObjectRef) -> None:
    assert ObjectRef.parse(ref.id) == ref


def test_an_id_with_too_few_parts_is_refused() -> None:
    with pytest.raises(TypeError):
        ObjectRef.parse("apps/Deployment")


def test_flux_writes_a_colon_as_two_underscores() -> None:
    assert ROLE.inventory_id == "kube-system_system__controller__token_rbac.authorization.k8s.io_Role"


def test_messages_name_the_group_of_a_foreign_kind_alone() -> None:
    assert str(ROLE) == "Role kube-system/system:controller:token"
    assert str(ObjectRef("", "Namespace", "", "shop")) == "Namespace shop"
    assert str(ObjectRef("networking.istio.io", "Gateway", "shop", "edge")) == "Gateway.networking.istio.io shop/edge"
    assert str(ObjectRef("gateway.networking.k8s.io", "Gateway", "shop", "edge")) == "Gateway shop/edge"
