"""What a review says more than once: changes, risks and whole environments that are equal, said once with all names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from penstock.review.model import SEVERITIES, Change, Component, Environment, Prune, Review, Risk

T = TypeVar("T")


@dataclass(frozen=True)
class Same(Generic[T]):
    """A part of the model that is equal in some environments; `one` is that of the first."""

    one: T
    environments: tuple[str, ...]


def changes(review: Review) -> list[Same[Change]]:
    """Return the changes by component and object; their files differ by the environment alone."""
    every = ((each.name, change) for each in review.environments for change in each.changes)
    found = _grouped(every, lambda change: msgspec.structs.replace(change, file=""))
    return sorted(found, key=lambda same: (same.one.component, same.one.name))


def risks(review: Review) -> list[Same[Risk]]:
    """Return the risks, the highest first."""
    every = ((each.name, risk) for each in review.environments for risk in each.risks)
    found = _grouped(every, lambda risk: msgspec.structs.replace(risk, file="", environment=""))
    return sorted(
        found, key=lambda same: (SEVERITIES.index(same.one.severity), same.one.risk, same.one.rule, same.one.name)
    )


def prunes(review: Review) -> list[Same[Prune]]:
    """Return what Flux deletes."""
    return list(_grouped(((each.name, each.prune) for each in review.environments if each.prune.objects), _itself))


def components(review: Review) -> list[Same[tuple[list[Component], list[str]]]]:
    """Return the components around the changes, with the names of those that change."""
    every = (
        (each.name, (each.components, sorted({change.component for change in each.changes})))
        for each in review.environments
        if each.components
    )
    return list(_grouped(every, _itself))


def environments(review: Review) -> list[Same[Environment]]:
    """Return the environments to which the same happens."""
    return list(_grouped(((each.name, each) for each in review.environments), _nameless))


def twins(review: Review) -> dict[str, str]:
    """Map each environment to which the same happens as to an earlier one to the first of these.

    Notes may differ, and so may the components around the changes.
    """
    plain = [msgspec.structs.replace(each, notes=[], components=[]) for each in review.environments]
    found = _grouped(((each.name, each) for each in plain), _nameless)
    return {name: same.environments[0] for same in found for name in same.environments[1:]}


def _nameless(each: Environment) -> Environment:
    return msgspec.structs.replace(
        each,
        name="",
        changes=[msgspec.structs.replace(change, file="") for change in each.changes],
        risks=[msgspec.structs.replace(risk, file="", environment="") for risk in each.risks],
    )


def _itself(one: T) -> T:
    return one


def _grouped(every: Iterable[tuple[str, T]], key: Callable[[T], object]) -> Iterator[Same[T]]:
    found: dict[bytes, tuple[T, list[str]]] = {}
    for environment, one in every:
        text = msgspec.json.encode(key(one), enc_hook=str)
        names = found.setdefault(text, (one, []))[1]
        if environment not in names:
            names.append(environment)
    return (Same(one, tuple(names)) for one, names in found.values())
