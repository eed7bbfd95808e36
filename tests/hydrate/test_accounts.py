"""Which components Flux applies as an account, and what each account may do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from penstock.core import yaml
from penstock.core.errors import Findings
from penstock.gitops import objects
from penstock.hydrate import split
from penstock.hydrate.accounts import Accounts, accounts
from penstock.hydrate.hooks import Decided
from penstock.hydrate.lock import LockedComponent
from penstock.tools.render import Answer, Object
from support import Platform

_RBAC = "rbac.authorization.k8s.io/v1"


def thing(kind: str, namespace: str = "town", api: str = "v1", name: str = "x", **more: Any) -> Object:
    """An object as the renderer gives it."""
    values = {"apiVersion": api, "objectKind": kind, "namespace": namespace, "name": name, "text": "x", "source": "s"}
    return msgspec.convert({**values, **more}, Object)


def component(*items: Object) -> LockedComponent:
    """A component of these objects."""
    answer = Answer(kind="component", component="c", environment="local", digest="d")
    return split.split("i", answer, Decided({"": list(items)}))[0]


SPACES = component(thing("Namespace", "", name="town"), thing("Namespace", "", name="port"))


def of(*items: Object) -> str:
    """The account of a component of these objects, beside the component that makes the namespaces."""
    return accounts({"spaces": SPACES, "it": component(*items)}).of.get("it", "")


def rules(found: Accounts, namespace: str) -> dict[tuple[str, str], set[str]]:
    """(group, resource) -> verbs."""
    role = yaml.parse(found.files["spaces"][f"flux.role-{namespace}.yaml"])
    allowed: dict[tuple[str, str], set[str]] = {}
    for rule in role["rules"]:
        for resource in rule["resources"]:
            allowed.setdefault((rule["apiGroups"][0], resource), set()).update(rule["verbs"])
    return allowed


def test_a_component_of_one_namespace_is_applied_as_the_account_of_that_namespace() -> None:
    assert of(thing("ConfigMap"), thing("Deployment", api="apps/v1")) == "apply-town"
    assert of(thing("ConfigMap", "port")) == "apply-port"
    assert of(thing("Widget", api="example.org/v1")) == "apply-town"


@pytest.mark.parametrize(
    "other",
    [
        thing("ConfigMap", "port"),
        thing("ClusterRole", "", api=_RBAC),
        thing("Namespace", "", name="third"),
        thing("Role", api=_RBAC),
        thing("RoleBinding", api=_RBAC),
        thing("Secret"),
        thing("ResourceQuota"),
        thing("Kustomization", api="kustomize.toolkit.fluxcd.io/v1"),
        thing("GitRepository", api="source.toolkit.fluxcd.io/v1"),
    ],
    ids=lambda item: f"{item.object_kind} {item.namespace}",
)
def test_a_component_that_reaches_further_or_gives_rights_is_applied_with_fluxs_own(other: Object) -> None:
    assert of(thing("ConfigMap"), other) == ""


@pytest.mark.parametrize("namespace", ["kube-system", "flux-system", "default", "elsewhere"])
def test_a_namespace_that_no_component_makes_has_no_account(namespace: str) -> None:
    assert of(thing("ConfigMap", namespace)) == ""


def test_a_namespace_that_its_component_fills_itself_has_no_account() -> None:
    own = component(thing("Namespace", "", name="den"), thing("ConfigMap", "den"))
    found = accounts({"own": own, "guest": component(thing("ConfigMap", "den"))})
    assert (found.of, found.files, found.synced) == ({}, {}, {})


def test_an_account_may_apply_what_is_there_and_no_other_kind() -> None:
    found = accounts(
        {
            "spaces": SPACES,
            "a": component(thing("ConfigMap"), thing("NetworkPolicy", api="networking.k8s.io/v1")),
            "b": component(thing("Deployment", api="apps/v1")),
            # Applied with Flux's own rights, so the account needs none for it.
            "c": component(thing("Service"), thing("ClusterRole", "", api=_RBAC)),
        }
    )
    town = rules(found, "town")
    assert {what for what, verbs in town.items() if "patch" in verbs} == {
        ("", "configmaps"),
        ("apps", "deployments"),
        ("networking.k8s.io", "networkpolicies"),
    }
    assert town["", "configmaps"] == {"create", "patch", "get", "delete"}
    assert [what for what, verbs in rules(found, "port").items() if "patch" in verbs] == []


def test_what_left_git_can_still_be_removed() -> None:
    """The Role is applied before the component: were its rights to remove derived too, they would be gone by then."""
    widgets = thing("CustomResourceDefinition", "", defines=[{"group": "example.org", "kind": "W", "namespaced": True}])
    before = accounts({"spaces": SPACES, "kinds": component(widgets), "a": component(thing("ConfigMap"))})
    after = accounts({"spaces": SPACES, "kinds": component(widgets)})
    for found in (before, after):
        assert found.synced.keys() == {"serviceaccount-apply-town.yaml", "serviceaccount-apply-port.yaml"}
        assert {what for what, verbs in rules(found, "town").items() if "delete" in verbs} >= {
            ("", "configmaps"),
            ("apps", "statefulsets"),
            ("example.org", "*"),
        }


def test_an_account_may_neither_read_secrets_nor_give_rights() -> None:
    found = accounts({"spaces": SPACES, "a": component(thing("Pod"), thing("Widget", api="example.org/v1"))})
    allowed = rules(found, "town")
    assert {group for group, _ in allowed}.isdisjoint({"rbac.authorization.k8s.io", "*"})
    assert [what for what in allowed if what in (("", "secrets"), ("", "*"))] == []
    assert {verb for verbs in allowed.values() for verb in verbs} <= {"create", "patch", "get", "list", "delete"}


def test_a_name_that_is_ours_is_refused() -> None:
    taken = component(
        thing("Role", api=_RBAC, name="flux-apply"), thing("ServiceAccount", "flux-system", name="apply-x")
    )
    with pytest.raises(Findings) as raised:
        accounts({"spaces": SPACES, "bad": taken})
    assert raised.value.findings == [
        "components/bad: role-flux-apply.yaml takes a name that Penstock needs for what it makes itself",
        "components/bad: serviceaccount-apply-x.yaml takes a name that Penstock needs for what it makes itself",
    ]


@pytest.mark.parametrize("name", ["server", "on", "1st"])
@pytest.mark.parametrize("account", ["", "apply-town"])
@pytest.mark.parametrize("place", ["manifests/local", ""])
def test_the_kustomization_put_together_is_the_one_dumped(name: str, account: str, place: str) -> None:
    put = objects.component_file(place, name, ["a", "b"], account)
    assert put == objects.dump(objects.component(place, name, ["a", "b"], account))
    assert yaml.parse(put)["spec"].get("serviceAccountName", "") == account


def test_the_tree_has_the_account_its_rights_and_who_uses_it(good: Platform) -> None:
    synced = yaml.parse(good.text("flux-system/kustomization.yaml"))["resources"]
    assert "serviceaccount-apply-town.yaml" in synced
    made = yaml.parse(good.text("spaces/kustomization.yaml"))["resources"]
    assert made == ["flux.role-town.yaml", "flux.rolebinding-town.yaml", "namespace-town.yaml"]
    assert "serviceAccountName: apply-town" in good.text("flux-system/kustomization-greeting.yaml")
    assert "serviceAccountName" not in good.text("flux-system/kustomization-spaces.yaml")
    good.check()


def test_rights_that_were_edited_by_hand_are_found_and_mended(good: Platform) -> None:
    path = good.tree / "spaces" / "flux.role-town.yaml"
    whole = path.read_text()
    path.write_text(whole.replace("configmaps", "'*'"))
    assert good.findings() == ["manifests/local/spaces/flux.role-town.yaml was edited by hand"]
    good.hydrate()
    assert path.read_text() == whole
