"""The jobs of CI: each gate, in as many shares as the fleet needs."""

from __future__ import annotations

from math import ceil

from penstock.core.model import Json
from penstock.gates.registry import CI_ONLY, SESSIONS
from penstock.hydrate.selection import cost
from penstock.platform import environments
from penstock.platform.layout import Layout

# Bytes of locks: those of some 200 environments with 50 components, which a gate proves in a few minutes.
_SHARE = 10_000_000
# GitHub runs at most 256 jobs of a matrix; these gates are fewer than 16.
_MOST = 16


def matrix(platform: Layout) -> Json:
    """Return the matrix as GitHub reads it: `include` lists the gates with their shares, which are empty for all of it.

    The sessions `lint` and `tests` don't read environments, so they have one job each.
    """
    total = sum(cost(platform, name) for name in environments.chosen(platform))
    count = min(max(ceil(total / _SHARE), 1), _MOST)
    shares = [f"{number}/{count}" for number in range(1, count + 1)] if count > 1 else [""]
    gates = [name for name in SESSIONS if name not in CI_ONLY]
    jobs = [("lint", ""), *((gate, share) for gate in gates for share in shares), ("tests", "")]
    return {"include": [{"gate": gate, "shard": share} for gate, share in jobs]}
