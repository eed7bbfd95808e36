"""The blast radius: what depends on an object that differs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from penstock.kube.references import POD_TEMPLATES, references
from penstock.platform import dataflow
from penstock.platform.dataflow import Contract
from penstock.review.step import Delta, Step
from penstock.review.trees import Item
from penstock.review.world import World

# Kinds that others address by name.
_NAMED = frozenset(("ConfigMap", "PersistentVolumeClaim", "Secret", "Service", "ServiceAccount", "StorageClass")) | {
    *("ClusterRole", "Gateway", "GatewayClass", "IngressClass", "PriorityClass", "Role", "RuntimeClass")
}


class Touched(NamedTuple):
    """What depends on an object, as names sorted, and the components of those objects."""

    names: list[str]
    components: frozenset[str]


def touched(delta: Delta, step: Step, contract: Contract | None) -> Touched:
    """Return the readers, users, routes, alerts and arrows that depend on an object."""
    item = delta.old or delta.item
    found = {one.ref: one for world in (step.before, step.after) for one in users(world, item)}
    names = {str(one) for one in found.values()} | {*_arrows(delta, step, contract)}
    return Touched(sorted(names - {str(delta.item)}), frozenset(one.component for one in found.values()))


def users(world: World, item: Item) -> Iterator[Item]:
    """Yield the objects of an environment that refer to an object, by reference, by address or in an alert."""
    kind = item.ref.kind
    if kind in _NAMED:
        for one in world.mentioning(item.name):
            if one.ref != item.ref and (_refers(one, item) or (kind == "Service" and addresses(one, item))):
                yield one
    elif kind in POD_TEMPLATES:
        for one in world.mentioning(f'"{item.name}"'):
            if one.ref != item.ref and "alert" in str(one.content):
                yield one


def _refers(one: Item, item: Item) -> bool:
    if item.ref.kind in ("Service", "Gateway") and one.ref.kind.endswith("Route"):
        return any(ref.get("name") == item.name for ref in _refs(one.content.get("spec"), item.ref.kind))
    return any(
        (found.kind, found.name) == (item.ref.kind, item.name) and item.namespace in ("", found.namespace)
        for found in references(one.kind, one.namespace, one.content)
    )


def _refs(spec: object, kind: str) -> Iterator[dict[str, object]]:
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key == ("parentRefs" if kind == "Gateway" else "backendRefs") and isinstance(value, list):
                yield from (one for one in value if isinstance(one, dict))
            else:
                yield from _refs(value, kind)
    elif isinstance(spec, list):
        for one in spec:
            yield from _refs(one, kind)


def addresses(one: Item, service: Item) -> bool:
    """Whether the text of a workload or a configuration has the DNS name of a Service."""
    if one.ref.kind not in ("ConfigMap", *POD_TEMPLATES):
        return False
    text = str({key: value for key, value in one.content.items() if key != "metadata"})
    # A host with its port, and no image of that name with its tag.
    near = rf"(?:(?<![\w./-])|(?<=//)){re.escape(service.name)}:\d{{2,5}}(?![\w.-])"
    return f"{service.name}.{service.namespace}" in text or (
        one.namespace == service.namespace and bool(re.search(near, text))
    )


def _arrows(delta: Delta, step: Step, contract: Contract | None) -> Iterator[str]:
    if not contract:
        return
    item = delta.item
    owners = {f"{item.namespace}/{item.name}"} if item.kind in POD_TEMPLATES else set()
    if item.kind == "ConfigMap":
        owners = {f"{one.namespace}/{one.name}" for one in users(step.after, item) if one.kind in POD_TEMPLATES}
    nodes = {name for name, node in contract.nodes.items() if node.workload in owners}
    for arrow in contract.arrows if nodes else ():
        if {arrow.from_, arrow.to} & nodes:
            yield f"arrow {dataflow.title(arrow, contract)}"
