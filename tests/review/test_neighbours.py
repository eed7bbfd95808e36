"""The components around a change: what changes, what uses it, and what Flux applies right before and after."""

from __future__ import annotations

from typing import Any

from diff_support import FLUX, an, texts
from penstock.kube.ref import ObjectRef
from penstock.review.model import Component
from penstock.review.neighbours import components
from penstock.review.reach import touched
from penstock.review.step import Step, pair
from penstock.review.world import World


def kustomization(name: str, *needed: str) -> dict[str, Any]:
    spec = {"dependsOn": [{"name": each} for each in needed]} if needed else {}
    metadata = {"name": name, "namespace": "flux-system"}
    return {"apiVersion": f"{FLUX}/v1", "kind": "Kustomization", "metadata": metadata, "spec": spec}


def around(old: dict[str, bytes], new: dict[str, bytes]) -> list[Component]:
    before, after = World("local", old), World("local", new)
    sources: Any = (None, None)
    step = Step(before, after, tuple(pair(before, after)), sources)
    return components(step, {delta.ref: touched(delta, step, None) for delta in step.deltas})


ORDER = texts(
    kustomization("base"),
    kustomization("settings", "base"),
    kustomization("reader", "base", "far"),
    kustomization("after", "settings", "far"),
    kustomization("far"),
    kustomization("settings-of-another", "far"),
    component="flux-system",
)
READER = texts(
    {**an("Deployment"), "spec": {"template": {"spec": {"volumes": [{"name": "c", "configMap": {"name": "shop"}}]}}}},
    component="reader",
)


def config(value: str) -> dict[str, bytes]:
    return texts(an("ConfigMap", data={"a": value}), component="settings")


def test_neighbours() -> None:
    found = around({**ORDER, **READER, **config("1")}, {**ORDER, **READER, **config("2")})
    assert found == [
        Component(name="after", depends_on=["settings"]),
        Component(name="base"),
        Component(name="far"),
        Component(name="reader", depends_on=["base", "far"], uses=["settings"]),
        Component(name="settings", depends_on=["base"]),
    ]


def test_a_component_that_is_removed_keeps_its_place() -> None:
    gone = {path: text for path, text in ORDER.items() if not path.endswith("kustomization-settings.yaml")}
    found = {each.name: each.depends_on for each in around({**ORDER, **config("1")}, gone)}
    assert found["settings"] == ["base"]
    assert found["after"] == ["settings"]


def test_the_reader_is_touched_with_its_component() -> None:
    old, new = World("local", {**READER, **config("1")}), World("local", {**READER, **config("2")})
    sources: Any = (None, None)
    step = Step(old, new, tuple(pair(old, new)), sources)
    [delta] = step.deltas
    assert delta.ref == ObjectRef("", "ConfigMap", "town", "shop")
    assert touched(delta, step, None) == (["Deployment town/shop"], frozenset({"reader"}))
