"""The components around a change: those that change, that use what changes, and their neighbours in Flux's order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from penstock.kube.flux import NAMESPACE
from penstock.kube.ref import ObjectRef
from penstock.review.model import Component
from penstock.review.reach import Touched
from penstock.review.step import Step
from penstock.review.world import World

_WORD = re.compile(rb"[\w.-]+")


def components(step: Step, reached: Mapping[ObjectRef, Touched]) -> list[Component]:
    """Return them sorted by name; `reached` has what each object of the step touches."""
    uses: dict[str, set[str]] = {}
    for delta in step.deltas:
        for user in reached[delta.ref].components - {delta.item.component}:
            uses.setdefault(user, set()).add(delta.item.component)
    centre = {delta.item.component for delta in step.deltas} | uses.keys()
    after: dict[str, set[str]] = {}
    for world in (step.before, step.after):
        for name, needed in _dependencies(world, centre):
            after.setdefault(name, set()).update(needed)
    names = centre | after.keys() | {needed for each in after.values() for needed in each}
    return [
        Component(name=name, depends_on=sorted(after.get(name, ())), uses=sorted(uses.get(name, ())))
        for name in sorted(names)
    ]


def _dependencies(world: World, centre: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Yield the Kustomizations of these components, and those that wait for one of them, with what they wait for.

    Only their files are parsed: an environment may have hundreds.
    """
    start, names = f"{NAMESPACE}/kustomization-", {name.encode() for name in centre}
    for path in world.named("Kustomization"):
        text = world.files[path]
        name = path.removeprefix(start).removesuffix(".yaml")
        if not path.startswith(start) or not (name in centre or names & {*_WORD.findall(text)}):
            continue
        content = world.item(path).content
        needed = {str(one.get("name")) for one in (content.get("spec") or {}).get("dependsOn") or []}
        if name in centre:
            yield name, needed
        elif needed & centre:
            yield name, needed & centre
