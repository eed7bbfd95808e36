"""The edges between components: what the API needs first."""

from __future__ import annotations

import pytest

from penstock.core.errors import PenstockError
from penstock.hydrate import order, split
from penstock.hydrate.hooks import Decided
from penstock.tools.render import Answer, Object, Rule
from stage_support import CRD, component, thing


def hook(group: str, resource: str) -> Object:
    api = "admissionregistration.k8s.io/v1"
    rule = Rule(groups=[group], resources=[resource])
    return thing("ValidatingWebhookConfiguration", "h", api=api, admits=[rule])


def test_an_edge_for_each_thing_that_the_api_needs() -> None:
    edges = order.order(
        {
            "definitions": component(CRD),
            "judge": component(hook("apps", "deployments"), thing("Service", "judge", "kube-system")),
            "shop": component(thing("Deployment", "shop", "town", "apps/v1")),
            "spaces": component(thing("Namespace", "town")),
            "till": component(thing("ConfigMap", "till", "town"), depends_on=("shop",)),
            "widgets": component(thing("Widget", "w", "town", "example.org/v1")),
        }
    )
    assert edges == {
        "definitions": [],
        "judge": [],
        "shop": ["judge", "spaces"],
        "spaces": [],
        "till": ["shop", "spaces"],
        "widgets": ["definitions", "spaces"],
    }


def test_who_needs_a_component_waits_for_the_flux_kustomizations_in_it_too() -> None:
    held = thing("Kustomization", "widget-crds", "flux-system", "kustomize.toolkit.fluxcd.io/v1", defines=CRD.defines)
    widget = component(thing("Widget", "w", "default", "example.org/v1"))
    assert order.order({"relay": component(held), "widgets": widget})["widgets"] == ["relay", "widget-crds"]


@pytest.mark.parametrize(
    ("objects", "is_relay"),
    [
        ([], True),
        ([("Kustomization", "kustomize.toolkit.fluxcd.io/v1")], True),
        ([("GitRepository", "source.toolkit.fluxcd.io/v1"), ("Kustomization", "kustomize.toolkit.fluxcd.io/v1")], True),
        ([("Kustomization", "kustomize.toolkit.fluxcd.io/v1"), ("ConfigMap", "v1")], False),
    ],
)
def test_a_relay_holds_objects_of_flux_alone(objects: list[tuple[str, str]], is_relay: bool) -> None:
    parts = [thing(kind, "x", "default", api) for kind, api in objects]
    assert order.is_relay(component(*parts)) is is_relay


@pytest.mark.parametrize(
    ("group", "resource", "kind", "api", "is_judged"),
    [
        ("", "pods", "Pod", "v1", True),
        ("*", "*", "Pod", "v1", True),
        ("", "*", "Pod", "v1", True),
        ("apps", "*", "Pod", "v1", False),
        ("networking.k8s.io", "networkpolicies", "NetworkPolicy", "networking.k8s.io/v1", True),
        ("networking.k8s.io", "ingresses", "Ingress", "networking.k8s.io/v1", True),
        ("gateway.networking.k8s.io", "gateways", "Gateway", "gateway.networking.k8s.io/v1", True),
        ("", "pods/eviction", "Pod", "v1", False),
    ],
)
def test_whom_an_admission_judges(group: str, resource: str, kind: str, api: str, is_judged: bool) -> None:
    edges = order.order({"judge": component(hook(group, resource)), "x": component(thing(kind, "x", "default", api))})
    assert edges["x"] == (["judge"] if is_judged else [])


SYSTEM = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["town", "kube-system"]}


@pytest.mark.parametrize(
    ("rule", "judged"),
    [
        ({}, ["cluster", "outside", "spaces", "town"]),
        ({"scope": "Namespaced"}, ["outside", "town"]),
        ({"scope": "Cluster"}, ["cluster", "spaces"]),
        ({"namespaces": {"matchExpressions": [SYSTEM]}}, ["cluster", "outside"]),
        ({"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "town"}}}, ["cluster", "spaces", "town"]),
        ({"namespaces": {"matchLabels": {"tier": "front"}}}, ["cluster", "spaces", "town"]),
        ({"namespaces": {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}}, ["cluster", "outside"]),
        ({"namespaces": {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["back"]}]}}, ["cluster"]),
        ({"objects": {"matchLabels": {"app": "shop"}}}, ["town"]),
        ({"objects": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}, ["outside", "town"]),
        ({"objects": {"matchLabels": {"app": "shop"}}, "scope": "Cluster"}, []),
    ],
)
def test_a_webhook_judges_what_its_rules_and_selectors_select(rule: dict[str, object], judged: list[str]) -> None:
    """As the API server does: a Namespace by its own labels, and no selector of namespaces leaves out a cluster's."""
    judge = thing(
        "ValidatingWebhookConfiguration",
        "h",
        api="admissionregistration.k8s.io/v1",
        admits=[Rule(["*"], ["*"], **rule)],  # type: ignore[arg-type]
    )
    labels = {"spaces": {"tier": "front"}, "town": {"app": "shop"}, "outside": {"app": "other"}}
    edges = order.order(
        {
            "judge": component(judge),
            "cluster": component(thing("PriorityClass", "p", api="scheduling.k8s.io/v1")),
            "outside": component(thing("ConfigMap", "o", "elsewhere")),
            "spaces": component(thing("Namespace", "town")),
            "town": component(thing("ConfigMap", "t", "town")),
        },
        lambda unit, _file: labels.get(unit, {}),
    )
    assert [name for name, before in edges.items() if "judge" in before] == judged


def test_what_no_webhook_judges() -> None:
    """The registrations themselves, so that a broken one can be removed."""
    other = hook("*", "*")
    assert order.order({"a": component(hook("*", "*")), "b": component(other)}) == {"a": [], "b": []}


def test_an_object_whose_labels_are_not_known_is_judged() -> None:
    rule = Rule([""], ["pods"], objects={"matchLabels": {"a": "b"}})
    judge = thing("MutatingWebhookConfiguration", "h", api="admissionregistration.k8s.io/v1", admits=[rule])
    parts = {"judge": component(judge), "x": component(thing("Pod", "p", "default"))}
    assert order.order(parts)["x"] == ["judge"]
    assert order.order(parts, lambda _unit, _file: {"a": "c"})["x"] == []


def test_a_webhook_that_needs_what_it_judges_is_told_the_way_out() -> None:
    parts = {
        "judge": component(hook("*", "*"), thing("Service", "judge", "town")),
        "spaces": component(thing("Namespace", "town")),
    }
    with pytest.raises(PenstockError, match=r"spaces needs judge \(admission of Namespace town\)") as caught:
        order.order(parts)
    for way in ("namespaceSelector", "objectSelector", "failurePolicy: Ignore", "scope: Namespaced"):
        assert way in caught.value.hint


def test_the_hooks_of_a_component_and_what_it_admits() -> None:
    """Others wait for the last hook, which may be what makes the webhook work; its own hooks aren't judged by it."""
    before, after = thing("Job", "before", "default", "batch/v1"), thing("Job", "after", "default", "batch/v1")
    answer = Answer(kind="component", component="judge", environment="local", digest="d")
    parts = {"": [hook("*", "*")], "pre-deploy": [before], "post-deploy": [after]}
    judge = split.split("i", answer, Decided(parts))[0]
    edges = order.order(
        {"judge": judge, "x": component(thing("Pod", "p", "default")), "y": component(depends_on=("judge",))}
    )
    assert edges == {
        "judge": ["judge-pre-deploy"],
        "judge-post-deploy": ["judge"],
        "judge-pre-deploy": [],
        "x": ["judge-post-deploy"],
    }


def test_a_namespace_that_is_always_there_is_no_edge() -> None:
    edges = order.order({"a": component(thing("Namespace", "default")), "b": component(thing("Pod", "p", "default"))})
    assert edges["b"] == []


def test_a_cycle_is_shown_with_its_reasons() -> None:
    parts = {
        "a": component(thing("Pod", "p", "b-space"), thing("Namespace", "a-space")),
        "b": component(thing("Widget", "w", "c-space", "example.org/v1"), thing("Namespace", "b-space")),
        "c": component(CRD, thing("Namespace", "c-space"), thing("Pod", "p", "a-space")),
        "d": component(thing("Pod", "p", "a-space")),
    }
    with pytest.raises(PenstockError) as caught:
        order.order(parts)
    cycle, _, why = caught.value.message.removeprefix("dependency cycle: ").partition(": ")
    names = cycle.split(" -> ")
    assert names[0] == names[-1]
    assert set(names) == {"a", "b", "c"}
    assert "a needs b (Namespace b-space)" in why
    assert "c needs a (Namespace a-space)" in why
    assert why.count(" needs ") == 3
