"""Names: every ConfigMap, Secret, account, claim, class, role or other object that a manifest names exists."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.nearest import ending
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.objects import Object
from penstock.kube.references import Reference, references

# Authentication defines these; Kubernetes has no objects for them.
_NO_OBJECTS = ("User", "Group")


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each name, and for each key of the named object."""
    for item in world.rendered.objects:
        if item.namespace:
            yield from _verdicts(
                world, item, Reference("metadata.namespace", "Namespace", item.namespace, item.namespace)
            )
        for reference in references(item.kind, item.namespace, item.content):
            if reference.kind not in _NO_OBJECTS:
                yield from _verdicts(world, item, reference)


def _verdicts(world: World, item: Object, reference: Reference) -> Iterator[Verdict]:
    kind, namespace, name = reference.kind, reference.namespace, reference.name
    target = world.find(kind, namespace, name)
    if target is None:
        if not reference.optional:
            yield Verdict(item.file, reference.place, world.missing(kind, namespace, name))
        return
    yield Verdict(item.file, reference.place, external=target.external)
    if reference.optional:  # so are its keys
        return
    for where, key in reference.keys:
        fault = f"{kind} {namespace}/{name} has no key `{key}`{ending(key, target.keys)}"
        is_known = key in target.keys or (target.external and not target.keys)
        yield Verdict(item.file, where, "" if is_known else fault, target.external)
