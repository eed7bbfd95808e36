"""Which objects of both ends belong together: a renamed object is one delta, two that are only alike are two."""

from __future__ import annotations

from typing import Any

from diff_support import an, texts
from penstock.review.step import pair
from penstock.review.world import World


def kustomization(name: str) -> dict[str, bytes]:
    """The Flux Kustomization of a component: all of them are alike."""
    spec: dict[str, Any] = {
        "interval": "10m",
        "path": f"./manifests/local/{name}",
        "prune": True,
        "sourceRef": {"kind": "GitRepository", "name": "platform"},
        "timeout": "5m",
        "wait": True,
    }
    content = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": spec,
    }
    return texts(content, component="flux-system")


def component(name: str, thing: str) -> dict[str, bytes]:
    """A component with one ConfigMap, and its Kustomization."""
    content = an("ConfigMap", data={"a": "1"})
    content["metadata"]["name"] = thing
    return {**kustomization(name), **texts(content, component=name)}


def paired(old: dict[str, bytes], new: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(delta.what, str(delta.item)) for delta in pair(World("local", old), World("local", new))]


def test_a_kustomization_whose_objects_move_is_renamed() -> None:
    assert paired(component("loki", "logs"), component("logging", "logs")) == [
        ("moved", "ConfigMap town/logs"),
        ("renamed", "Kustomization flux-system/logging"),
    ]


def test_unrelated_kustomizations_are_no_rename() -> None:
    assert paired(component("loki", "logs"), component("tempo", "traces")) == [
        ("removed", "ConfigMap town/logs"),
        ("added", "ConfigMap town/traces"),
        ("removed", "Kustomization flux-system/loki"),
        ("added", "Kustomization flux-system/tempo"),
    ]
