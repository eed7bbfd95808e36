"""Changes of the order in which Flux applies components."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.review.risks.parts import at, both
from penstock.review.risks.rule import Hit, risk
from penstock.review.step import Step
from penstock.review.trees import Item


def _needs(item: Item) -> set[str]:
    return {f"{one.get('namespace') or item.namespace}/{one.get('name')}" for one in at(item, "spec.dependsOn", [])}


@risk(
    "dependency-removed",
    "order",
    "medium",
    "A Flux Kustomization no longer waits for another one.",
    "On a new cluster it may be applied before what it needs, such as a definition or a webhook.",
    "Check that nothing in it needs the other component; the rehearsal proves the order.",
)
def dependency_removed(step: Step) -> Iterator[Hit]:
    """A dependency on a Kustomization that still exists."""
    for old, new in both(step, "Kustomization"):
        lost = sorted(name for name in _needs(old) - _needs(new) if step.after.find("Kustomization", *name.split("/")))
        if lost:
            yield Hit(new, f"no longer waits for {', '.join(lost)}")


@risk(
    "dependency-added",
    "order",
    "low",
    "A Flux Kustomization waits for another one.",
    "If that one fails, this one is not applied; each level costs Flux seconds.",
    "Keep it where the API needs it: a Namespace, a definition, a webhook.",
)
def dependency_added(step: Step) -> Iterator[Hit]:
    """A dependency that did not exist."""
    for old, new in both(step, "Kustomization"):
        more = sorted(_needs(new) - _needs(old))
        if more:
            yield Hit(new, f"waits for {', '.join(more)}")


@risk(
    "dependency-missing",
    "order",
    "high",
    "A Flux Kustomization waits for one that does not exist.",
    "It is never applied.",
    "Remove the dependency, or restore the other Kustomization.",
)
def dependency_missing(step: Step) -> Iterator[Hit]:
    """A dependency on a Kustomization that the manifests lack, and had or did not need."""
    if any(step.of("Kustomization")):
        present = {f"{item.namespace}/{item.name}" for item in step.after.of("Kustomization")}
        before = {f"{item.namespace}/{item.name}" for item in step.before.of("Kustomization")}
        for item in step.after.of("Kustomization"):
            old = step.before.find("Kustomization", item.namespace, item.name)
            known = (_needs(old) if old else set()) - before
            for name in sorted(_needs(item) - present - known):
                yield Hit(item, f"waits for {name}, which does not exist")


@risk(
    "dependency-cycle",
    "order",
    "high",
    "Flux Kustomizations wait for each other.",
    "None of them is ever applied.",
    "Remove one of the dependencies.",
)
def dependency_cycle(step: Step) -> Iterator[Hit]:
    """A Kustomization that changed and that waits for itself."""
    if not any(step.of("Kustomization")):
        return
    items = {f"{item.namespace}/{item.name}": item for item in step.after.of("Kustomization")}
    graph = {name: _needs(item) for name, item in items.items()}
    for delta in step.of("Kustomization"):
        name = f"{delta.item.namespace}/{delta.item.name}"
        path = _path(graph, name) if delta.new else []
        if path:
            yield Hit(delta.item, f"waits for itself: {' → '.join([name, *path])}")


def _path(graph: dict[str, set[str]], start: str) -> list[str]:
    """Return the way from a node back to itself; empty without one."""
    ways: list[list[str]] = [[name] for name in sorted(graph.get(start, ()))]
    seen = {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == start:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, name] for name in sorted(graph.get(way[-1], ()))]
    return []


@risk(
    "moved",
    "order",
    "high",
    "An object moves from one component to another.",
    "If Flux reconciles the old component first, it deletes the object, and the new one creates it again.",
    "First give it kustomize.toolkit.fluxcd.io/prune: disabled, let Flux apply that, and move it then.",
)
def moved(step: Step) -> Iterator[Hit]:
    """An object that another Kustomization prunes."""
    for delta in step.deltas:
        if delta.old and delta.is_("moved"):
            yield Hit(
                delta.item, f"moves from {delta.old.component} to {delta.item.component}: it may be deleted first"
            )


@risk(
    "kustomization-removed",
    "order",
    "high",
    "A Flux Kustomization or Git source is removed or renamed while its component remains.",
    "Flux prunes everything that it applied; under another name it creates all of it again.",
    "Keep the name; or set spec.prune to false, let Flux apply that, and rename it then.",
)
def kustomization_removed(step: Step) -> Iterator[Hit]:
    """A Kustomization under a new name, or the source of the others."""
    for delta in step.of("Kustomization", "GitRepository", "OCIRepository"):
        if not delta.old or not delta.replaced:
            continue
        if delta.new:
            yield Hit(delta.old, f"is renamed to {delta.new.name}: what it applied is deleted and created again")
        elif delta.old.ref.kind != "Kustomization":
            using = [item for item in step.after.of("Kustomization") if _source(item) == delta.old.name]
            if using:
                yield Hit(delta.old, f"is removed, and {using[0]} is applied from it")


def _source(item: Item) -> str:
    return str(at(item, "spec.sourceRef.name", ""))


@risk(
    "recreated",
    "order",
    "high",
    "An object is deleted and created again, since an immutable field changes and Flux may use force.",
    "Between the two it does not exist: its pods, its address or its permissions are gone.",
    "Take the annotation kustomize.toolkit.fluxcd.io/force off, and give the object another name.",
)
def recreated(step: Step) -> Iterator[Hit]:
    """A change that the API server refuses, and that Flux makes by deleting the object."""
    for delta in step.deltas:
        for effect in delta.effects:
            if effect.what == "recreated":
                yield Hit(delta.item, effect.says)


@risk(
    "prune-disabled",
    "order",
    "low",
    "An object is removed from Git, and Flux does not delete it.",
    "It stays in the cluster without an owner, and nothing updates it.",
    "Delete it by hand after the change is applied.",
)
def prune_disabled(step: Step) -> Iterator[Hit]:
    """An object that stays behind."""
    for delta in step.deltas:
        if delta.old and delta.replaced and delta.is_("kept"):
            yield Hit(delta.old, "stays in the cluster: Flux may not prune it")
