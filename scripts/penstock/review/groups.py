"""What happens alike in several environments, once with their names. Every format shows a review this way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from penstock.platform.environments import unnamed
from penstock.review.model import SEVERITIES, Change, Component, Environment, Group, Prune, Review, Risk

T = TypeVar("T")


@dataclass(frozen=True)
class Same(Generic[T]):
    """A part of the model that is equal in some environments; `one` is that of the first."""

    one: T
    environments: tuple[str, ...]


def groups(review: Review) -> list[Group]:
    """Return all that happens, by the environments that it is equal in: what most of them share comes first."""
    parts: tuple[tuple[str, Sequence[Same[Any]]], ...] = (
        ("changes", changes(review)),
        ("risks", risks(review)),
        ("prunes", prunes(review)),
        ("hooks", same((each.name, line) for each in review.environments for line in each.hooks)),
        ("notes", same((each.name, note) for each in review.environments for note in each.notes)),
    )
    found: dict[tuple[str, ...], dict[str, list[Any]]] = {}
    for kind, every in parts:
        for each in every:
            found.setdefault(each.environments, {}).setdefault(kind, []).append(each.one)
    order = sorted(found, key=lambda names: (-len(names), names))
    return [Group(environments=[*names], **found[names]) for names in order]


def changes(review: Review) -> list[Same[Change]]:
    """Return the changes by component and object."""
    found = same((each.name, change) for each in review.environments for change in each.changes)
    return sorted(found, key=lambda each: (each.one.component, each.one.name))


def risks(review: Review) -> list[Same[Risk]]:
    """Return the risks, the highest first."""
    every = ((each.name, risk) for each in review.environments for risk in each.risks)
    found = same(every, lambda risk: msgspec.structs.replace(risk, environment=""))
    return sorted(
        found, key=lambda each: (SEVERITIES.index(each.one.severity), each.one.risk, each.one.rule, each.one.name)
    )


def prunes(review: Review) -> list[Same[Prune]]:
    """Return what Flux deletes."""
    return same((each.name, each.prune) for each in review.environments if each.prune.objects)


def components(review: Review) -> list[Same[tuple[list[Component], list[str]]]]:
    """Return the components around the changes, with the names of those that change."""
    return same(
        (each.name, (each.components, sorted({change.component for change in each.changes})))
        for each in review.environments
        if each.components
    )


def totals(review: Review) -> list[Same[Environment]]:
    """Return the environments in which as many objects differ, with as many risks of each severity."""
    return same(((each.name, each) for each in review.environments), _total)


def same(every: Iterable[tuple[str, T]], key: Callable[[T], object] = lambda one: one) -> list[Same[T]]:
    """Return the parts of some environments by key, each once. Files of an environment's own tree count as equal."""
    found: dict[str, tuple[T, dict[str, None]]] = {}
    for environment, one in every:
        text = unnamed(msgspec.json.encode(key(one), enc_hook=str).decode(), environment)
        found.setdefault(text, (one, {}))[1][environment] = None
    return [Same(one, tuple(names)) for one, names in found.values()]


def _total(each: Environment) -> object:
    counts = (Counter(change.what for change in each.changes), Counter(risk.severity for risk in each.risks))
    return [*(sorted(count.items()) for count in counts), len(each.prune.objects), bool(each.hooks)]
