"""The Secrets that a change needs first."""

from __future__ import annotations

from typing import Any

import pytest

from diff_support import SHOP, an, effects, spec, workload


def key_of(kind: str, **more: Any) -> dict[str, Any]:
    """A pod whose container reads the key `pin` of `vault`."""
    return {"containers": [{"name": "shop", "env": [{"name": "PIN", "valueFrom": {kind: {"name": "vault", **more}}}]}]}


SECRETS: list[tuple[dict[str, Any], str]] = [
    ({"containers": [{"name": "a", "envFrom": [{"secretRef": {"name": "vault"}}]}]}, ""),
    ({"initContainers": [{"name": "a", "envFrom": [{"secretRef": {"name": "vault"}}]}], "containers": []}, ""),
    (key_of("secretKeyRef", key="pin"), " with pin"),
    ({"containers": [], "volumes": [{"name": "v", "secret": {"secretName": "vault"}}]}, ""),
    ({"containers": [], "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "vault"}}]}}]}, ""),
    ({"containers": [], "imagePullSecrets": [{"name": "vault"}]}, ""),
]


@pytest.mark.parametrize(("pod", "keys"), SECRETS)
def test_a_secret_that_nothing_read_before_is_needed(pod: dict[str, Any], keys: str) -> None:
    declared = {("town", "vault"): {"pin"}}
    expected = f"needs Secret town/vault{keys}: `inv up` makes it; elsewhere a person does"
    assert effects([], [workload("Deployment", pod)], declared) == [("needs", expected)]
    old = workload("Deployment", SHOP)
    assert ("needs", expected) in effects([old], [workload("Deployment", pod)], declared)
    assert effects([workload("Deployment", pod, replicas=1)], [workload("Deployment", pod, replicas=2)], declared) == []


def test_a_secret_that_nobody_declares_and_a_key_that_is_not_declared() -> None:
    reads = workload("Deployment", key_of("secretKeyRef", key="pin"))
    text = "needs Secret town/vault with pin: no secrets.yaml declares it, so a person or a program has to make it"
    assert effects([], [reads]) == [("needs", text)]
    text = "needs Secret town/vault with pin: its secrets.yaml has no pin"
    assert effects([], [reads], {("town", "vault"): {"puk"}}) == [("needs", text)]


def test_another_key_of_a_secret_that_is_there() -> None:
    old = workload("Deployment", key_of("secretKeyRef", key="pin"))
    new = workload("Deployment", key_of("secretKeyRef", key="puk"))
    text = "needs Secret town/vault with puk: `inv up` never changes an existing Secret, so add what it lacks"
    assert effects([old], [new]) == [("rolled", "its pods are rolled"), ("needs", text)]


@pytest.mark.parametrize(
    "pod", [key_of("configMapKeyRef", key="pin"), key_of("secretKeyRef", key="pin", optional=True)]
)
def test_what_pods_start_without_is_not_needed(pod: dict[str, Any]) -> None:
    assert effects([], [workload("Deployment", pod)]) == []


def test_the_certificate_of_a_gateway_is_needed() -> None:
    listener = {"name": "https", "tls": {"certificateRefs": [{"name": "vault"}]}}
    [(what, says)] = effects(
        [], [spec("Gateway", listeners=[listener]) | {"apiVersion": "gateway.networking.k8s.io/v1"}]
    )
    assert (what, says.partition(":")[0]) == ("needs", "needs Secret town/vault")


def test_a_secret_of_the_manifests_is_made_by_them() -> None:
    token = an("Secret", type="kubernetes.io/service-account-token")
    pod = {"containers": [], "volumes": [{"name": "a", "secret": {"secretName": "shop"}}]}
    assert effects([], [token, workload("Deployment", pod)]) == []
