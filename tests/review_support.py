"""A review with all that can be in one, made by hand."""

from __future__ import annotations

from typing import Any

from penstock.review.model import Change, Component, Effect, Environment, FieldChange, Prune, Review, Risk
from penstock.review.rehearsal import Passage, Refusal, Rehearsal, Span

DEPLOYMENT, CONFIG, CLAIM = "apps/Deployment/town/shop", "/ConfigMap/town/shop", "/PersistentVolumeClaim/town/data"


def change(name: str, environment: str = "k3d", component: str = "shop", **more: Any) -> Change:
    """An object that differs, by its id."""
    _, kind, namespace, of = name.split("/", 3)
    file = f"manifests/{environment}/{component}/{kind.lower()}-{of}.yaml"
    values = {"what": "changed", "object": name, "name": f"{kind} {namespace}/{of}", "component": component, **more}
    return Change(file=file, **values)


def risk(name: str, environment: str = "k3d", **more: Any) -> Risk:
    """A risk of an object, by its id."""
    _, kind, namespace, of = name.split("/", 3)
    values: dict[str, Any] = {
        "rule": "review/scaled-to-zero",
        "risk": "outage",
        "severity": "high",
        "message": "is scaled from 2 to 0 replicas",
        "fix": "Keep one replica.",
        **more,
    }
    return Risk(environment=environment, object=name, name=f"{kind} {namespace}/{of}", **values)


def environment(name: str, **more: Any) -> Environment:
    """An environment in which the shop is scaled down, its settings change, and the claim of its database goes."""
    scaled = FieldChange(path="spec.replicas", old=2, new=0)
    checksum = FieldChange(
        path="spec.template.metadata.annotations[checksum/config]", old="a", new="b", noise="checksum"
    )
    values: dict[str, Any] = {
        "changes": [
            change(
                DEPLOYMENT,
                name,
                fields=[scaled, checksum],
                effects=[Effect("rolled", "its pods are rolled")],
                touches=["HTTPRoute town/shop", "Service town/shop"],
            ),
            change(CONFIG, name, fields=[FieldChange(path="data.log", lines=["@@ -1 +1 @@", "-info", "+debug"])]),
            change(CLAIM, name, "database", what="removed", effects=[Effect("pruned", "its data goes with it")]),
        ],
        "risks": [
            risk(DEPLOYMENT, name),
            risk(CLAIM, name, rule="review/claim-removed", risk="data-loss", message="is removed"),
        ],
        "prune": Prune(objects=["PersistentVolumeClaim town/data"], protected=["PersistentVolumeClaim town/data"]),
        "components": [
            Component(name="database", depends_on=["namespaces"]),
            Component(name="namespaces"),
            Component(name="router", depends_on=["namespaces"], uses=["shop"]),
            Component(name="shop", depends_on=["namespaces", "database"]),
        ],
        "noise": {"checksum": 1},
        **more,
    }
    return Environment(name=name, **values)


def rehearsal(name: str = "k3d") -> Rehearsal:
    """A rehearsal in which the API server refuses the step to the head."""
    spans = [
        Span(component="namespaces", applied=0, ready=1.5),
        Span(component="shop", applied=2, ready=8, retries=2),
        Span(component="database", applied=1.5),
    ]
    refused = Refusal(component="database", message="spec is immutable", since=3, until=None)
    return Rehearsal(
        environment=name,
        base="abc",
        head="def",
        passages=[
            Passage(leg="base", ready=True, seconds=9, spans=spans[:2], created=[DEPLOYMENT]),
            Passage(leg="head", ready=False, seconds=20, spans=spans, refusals=[refused], rolled=[DEPLOYMENT]),
            Passage(leg="back", ready=True, seconds=4, spans=spans[:2], pruned=[CLAIM]),
        ],
        disproved=["Deployment town/shop was not rolled"],
    )


def review(*environments: Environment, **more: Any) -> Review:
    """A review; without environments, of three with the shop, of which production keeps its claim."""
    production = environment("production")
    kept = {
        "changes": [*production.changes[:2], change("/Service/town/shop", "production", what="added")],
        "risks": production.risks[:1],
        "prune": Prune(),
    }
    every = list(environments) or [environment("k3d"), environment("kind"), environment("production", **kept)]
    values: dict[str, Any] = {"rehearsals": [rehearsal()], "failures": [("Flux prunes", "add a trailer")], **more}
    return Review(base="main (abc)", head="working tree", environments=every, **values)
