"""What follows on the cluster from each object that differs, by the rules of Flux and of the API server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from penstock.kube.flux import is_left_alone
from penstock.kube.ref import ObjectRef
from penstock.review import effects
from penstock.review.effects import Declared, Effect
from penstock.review.immutable import verdicts
from penstock.review.needs import Need, needs
from penstock.review.step import Delta
from penstock.review.trees import Item
from penstock.review.world import World
from penstock.tools.apicheck import Verdict


def with_effects(
    deltas: Sequence[Delta], before: World, after: World, declared: Declared, version: str
) -> tuple[Delta, ...]:
    """Return the deltas with their effects, on a cluster of this Kubernetes version."""
    answers = _answers(deltas, after, version)
    return tuple(
        replace(delta, effects=tuple(_effects(delta, before, after, declared, answers.get(delta.ref))))
        for delta in deltas
    )


def _answers(deltas: Sequence[Delta], after: World, version: str) -> dict[ObjectRef, Verdict]:
    pairs = [
        (delta.old, delta.new)
        for delta in deltas
        if delta.old and delta.new and not delta.replaced and not is_left_alone(delta.new.content)
    ]
    pairs = [(old, new) for old, new in pairs if old.content != new.content]
    found = verdicts(pairs, after.of("CustomResourceDefinition"), version) if pairs else []
    return {new.ref: verdict for (_, new), verdict in zip(pairs, found, strict=True)}


def _effects(delta: Delta, before: World, after: World, declared: Declared, answer: Verdict | None) -> Iterator[Effect]:
    old, new = delta.old, delta.new
    if old and delta.replaced:
        yield from effects.of_removed(old)
    if not new:
        return
    if old and not delta.replaced:
        yield from effects.of_changed(old, new, answer)
    else:
        yield from effects.of_added(new)
    yield from effects.of_job(new)
    yield from effects.of_needs(new, _read(new, before, after), declared)
    if old and not delta.replaced and new.kind in ("ConfigMap", "Secret"):
        readers = ({item.ref: item for item in world.mentioning(new.name)} for world in (before, after))
        yield from effects.of_readers(new, *readers)


def _read(new: Item, before: World, after: World) -> set[Need]:
    """Return what is read before the change, and the Secrets after it, as far as the object needs any of them."""
    secrets = [need for need in needs(new) if need[0] == "Secret"]
    old = {item.ref: item for _, _, name, _ in secrets for item in before.mentioning(name)}
    read = {need for item in old.values() for need in needs(item)}
    made = [need for need in secrets if after.find("Secret", need[1], need[2])]
    return read | {("Secret", namespace, name, "") for _, namespace, name, _ in made}
