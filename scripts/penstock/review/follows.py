"""What follows on the cluster from each object that differs, by the rules of Flux and of the API server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from penstock.kube.flux import is_left_alone
from penstock.kube.ref import ObjectRef
from penstock.review import effects
from penstock.review.effects import Declared
from penstock.review.immutable import Pair, verdicts
from penstock.review.model import Effect
from penstock.review.needs import Need, needs
from penstock.review.step import Delta
from penstock.review.trees import Item
from penstock.review.world import World
from penstock.tools.apicheck import Verdict

Answers = dict[ObjectRef, Verdict]
_Api = tuple[str, frozenset[int]]
_DEFINITION = "CustomResourceDefinition"


class Applied(NamedTuple):
    """The objects that differ in an environment, with what its cluster's Kubernetes version and Secrets are."""

    deltas: Sequence[Delta]
    before: World
    after: World
    declared: Declared
    version: str


def with_effects(every: Sequence[Applied]) -> list[tuple[Delta, ...]]:
    """Return the deltas of each environment with their effects, on a cluster that Flux applies them to.

    The API server is asked once about a change that is equal in several environments with the same API.
    """
    known = _answers(every)
    return [
        tuple(replace(delta, effects=tuple(_effects(delta, one, answers.get(delta.ref)))) for delta in one.deltas)
        for one, answers in zip(every, known, strict=True)
    ]


def _answers(every: Sequence[Applied]) -> list[Answers]:
    by_api: dict[_Api, list[Applied]] = {}
    for one in every:
        by_api.setdefault(_api(one), []).append(one)
    found: dict[tuple[_Api, tuple[int, int]], Verdict] = {}
    for api, alike in by_api.items():
        pairs = {_key(pair): pair for one in alike for pair in _changed(one.deltas)}
        judged = verdicts([*pairs.values()], alike[0].after.of(_DEFINITION), api[0]) if pairs else []
        found |= {(api, key): verdict for key, verdict in zip(pairs, judged, strict=True)}
    return [{pair[1].ref: found[_api(one), _key(pair)] for pair in _changed(one.deltas)} for one in every]


def _api(one: Applied) -> _Api:
    # Equal files are parsed once, so equal definitions are the same object.
    return one.version, frozenset(id(item.content) for item in one.after.of(_DEFINITION))


def _changed(deltas: Sequence[Delta]) -> Iterator[Pair]:
    """Yield the objects that Flux changes, before and after."""
    for delta in deltas:
        old, new = delta.old, delta.new
        if old and new and not delta.replaced and not is_left_alone(new.content) and old.content != new.content:
            yield old, new


def _key(pair: Pair) -> tuple[int, int]:
    return id(pair[0].content), id(pair[1].content)


def _effects(delta: Delta, applied: Applied, answer: Verdict | None) -> Iterator[Effect]:
    old, new, before, after = delta.old, delta.new, applied.before, applied.after
    if old and delta.replaced:
        yield from effects.of_removed(old)
    if not new:
        return
    if old and not delta.replaced:
        yield from effects.of_changed(old, new, answer)
    else:
        yield from effects.of_added(new)
    yield from effects.of_job(new)
    yield from effects.of_needs(new, _read(new, before, after), applied.declared)
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
