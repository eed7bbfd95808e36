"""A bitmap index of labels, which evaluates a selector for many items at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from penstock.kube.fields import Requirement, Selector

Bits = int
"""A set of items: bit n stands for item n."""


@dataclass(frozen=True)
class Labels:
    """The labels of a list of items: the set of all, those with a key, and those with a key and value."""

    every: Bits
    keys: Mapping[str, Bits]
    pairs: Mapping[tuple[str, str], Bits]

    def select(self, selector: Selector) -> Bits:
        """The items that a selector selects, equal to `selector.selects` for each of them."""
        selected = self.every
        for pair in selector.match_labels.items():
            selected &= self.pairs.get(pair, 0)
        for requirement in selector.match_expressions:
            selected &= self._meeting(requirement)
        return selected

    def _meeting(self, requirement: Requirement) -> Bits:
        key = requirement.key
        match requirement.operator:
            case "In":
                return self._any_of(key, requirement.values)
            case "NotIn":
                return self.every & ~self._any_of(key, requirement.values)
            case "Exists":
                return self.keys.get(key, 0)
            case _:
                return self.every & ~self.keys.get(key, 0)

    def _any_of(self, key: str, values: list[str]) -> Bits:
        found = 0
        for value in values:
            found |= self.pairs.get((key, value), 0)
        return found


def index(labels: Iterable[Mapping[str, str]]) -> Labels:
    """Index the labels of items, numbered in this order."""
    every = 0
    keys: dict[str, Bits] = defaultdict(int)
    pairs: dict[tuple[str, str], Bits] = defaultdict(int)
    for number, own in enumerate(labels):
        every |= 1 << number
        for key, value in own.items():
            keys[key] |= 1 << number
            pairs[key, value] |= 1 << number
    return Labels(every, dict(keys), dict(pairs))


def members(bits: Bits) -> Iterator[int]:
    """The numbers of the items in a set, ascending."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
