"""What must hold before a byte is written."""

from __future__ import annotations

import pytest

from penstock.core.errors import Findings
from penstock.hydrate import check
from penstock.tools.render import Defined, Object
from stage_support import CRD, component, thing


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ([thing("Pod", "p")], "Pod p (pod-p.yaml) has no metadata.namespace, and Pod needs one"),
        ([thing("Node", "n", "x")], "Node n (node-n.yaml) has metadata.namespace x, and Node can't have one"),
        ([thing("Widget", "w", "x", "example.org/v1")], "is of a kind that no component defines: example.org/Widget"),
        ([CRD, thing("Widget", "w", "", "example.org/v1")], "has no metadata.namespace, and Widget needs one"),
        ([thing("Kustomization", "k", "", "kustomize.toolkit.fluxcd.io/v1")], "has no metadata.namespace"),
    ],
)
def test_what_is_refused_before_writing(objects: list[Object], said: str) -> None:
    with pytest.raises(Findings) as caught:
        check.check({"c": component(*objects)})
    assert caught.value.message.startswith("components/c: ")
    assert said in caught.value.message


def test_a_namespace_that_kustomize_put_where_none_can_be() -> None:
    """The hint has the patch: kustomize can't know the scope of a custom kind."""
    crd = thing(
        "CustomResourceDefinition",
        "shops.example.org",
        api="apiextensions.k8s.io/v1",
        defines=[Defined("example.org", "Shop", False)],
    )
    with pytest.raises(Findings, match=r"has metadata\.namespace x, and Shop can't have one") as caught:
        check.check({"c": component(crd, thing("Shop", "s", "x", "example.org/v1"))})
    assert "{target: {kind: Shop}, patch: '[{op: remove, path: /metadata/namespace}]'}" in caught.value.hint


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(Findings) as caught:
        check.check({"a": component(thing("Pod", "p")), "b": component(thing("Pod", "q"))})
    assert len(caught.value.findings) == 2


def test_what_is_fine() -> None:
    good = component(CRD, thing("Widget", "w", "x", "example.org/v1"), thing("Namespace", "x"), thing("Pod", "p", "x"))
    check.check({"c": good})


@pytest.mark.parametrize("keys", [[], ["password"]])
def test_a_secret_may_carry_no_data(keys: list[str]) -> None:
    secret = thing("Secret", "s", "n", secretKeys=keys)
    if not keys:
        check.refuse_secrets("c", [secret])
        return
    with pytest.raises(Findings, match=r"components/c: Secret n/s carries data \(password\), rendered by s"):
        check.refuse_secrets("c", [secret])


def test_an_object_with_a_secret_inside() -> None:
    bundle = thing("ConfigMap", "s", "n", secretKeys=["metadata.annotations[copy]"])
    with pytest.raises(Findings, match=r"ConfigMap n/s carries the data of a Secret \(metadata.annotations\[copy\]\)"):
        check.refuse_secrets("c", [bundle])


def test_an_object_that_flux_leaves_out() -> None:
    local = thing("ConfigMap", "l", "n", dropped="config.kubernetes.io/local-config: true")
    with pytest.raises(Findings, match=r"ConfigMap n/l, rendered by s, has the annotation `config\.kubern"):
        check.refuse_dropped("c", [thing("ConfigMap", "m", "n"), local])
