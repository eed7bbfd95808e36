"""Shards share out all environments, each to one, at about the same cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.core.errors import PenstockError
from penstock.platform.shard import Shard, shard

_COSTS = st.dictionaries(st.text("abc-", min_size=1), st.integers(1, 1000), max_size=30)


@given(_COSTS, st.integers(1, 9))
def test_each_environment_is_in_one_share(costs: dict[str, int], count: int) -> None:
    shares = [Shard(number, count).of(costs) for number in range(1, count + 1)]
    assert sorted(name for share in shares for name in share) == sorted(costs)


@given(_COSTS, st.integers(1, 9))
def test_shares_differ_by_at_most_one_environment(costs: dict[str, int], count: int) -> None:
    totals = [sum(costs[name] for name in Shard(number, count).of(costs)) for number in range(1, count + 1)]
    assert max(totals) - min(totals) <= max(costs.values(), default=0)


def test_the_most_expensive_environments_go_to_different_shares() -> None:
    costs = {"a": 1, "b": 1, "c": 9, "d": 9, "e": 1}
    assert [Shard(number, 2).of(costs) for number in (1, 2)] == [["a", "c", "e"], ["b", "d"]]


def test_a_share_is_its_number_and_their_count() -> None:
    assert shard("3/8") == Shard(3, 8)


@pytest.mark.parametrize("text", ["", "3", "0/8", "9/8", "3/0", "-1/8", "3/8/2", "a/b", " 3/8"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(PenstockError, match=r"is no share"):
        shard(text)
