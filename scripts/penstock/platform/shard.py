"""One share of the environments, so that several machines can divide a fleet among them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from penstock.core.errors import PenstockError


@dataclass(frozen=True)
class Shard:
    """Share number `number` of `count`, from 1."""

    number: int
    count: int

    def of(self, costs: Mapping[str, float]) -> list[str]:
        """Return the names in this share, sorted; the shares cost about the same, and have no name in common.

        The most expensive names are dealt out first, each to the cheapest share so far: that is within a third of the
        best division (Graham, Bounds on Multiprocessing Timing Anomalies, 1969). It depends on nothing but `costs`.
        """
        shares: list[list[str]] = [[] for _ in range(self.count)]
        totals = [0.0] * self.count
        for name in sorted(costs, key=lambda each: (-costs[each], each)):
            cheapest = totals.index(min(totals))
            shares[cheapest].append(name)
            totals[cheapest] += costs[name]
        return sorted(shares[self.number - 1])


def shard(text: str) -> Shard:
    """Parse `3/8`; raises PenstockError if it isn't a share."""
    found = re.fullmatch(r"([0-9]+)/([0-9]+)", text)
    if found and 1 <= int(found[1]) <= int(found[2]):
        return Shard(int(found[1]), int(found[2]))
    raise PenstockError(f"--shard `{text}` is no share", "give its number and their count, such as 3/8")
