"""What the benchmark of a review reports."""

from __future__ import annotations

from penstock.bench.reviews import GIT, NOTHING, REVIEW, ReviewTimes, bars, section


def times(nothing: float, review: float, memory: int) -> ReviewTimes:
    found = ReviewTimes(memory=memory)
    for what, wall in ((NOTHING, nothing), (REVIEW, review), (GIT, 0.5)):
        found.wall[what], found.processor[what] = [wall], [wall]
    return found


def test_the_bars() -> None:
    assert [bar.reached for bar in bars(times(0.6, 2.9, 499_000_000))] == [True, True, True]
    assert [bar.reached for bar in bars(times(0.8, 3.1, 501_000_000))] == [False, False, False]


def test_a_ratio_is_stated_to_what_was_measured() -> None:
    text = section(times(0.6, 2.5, 1), runs=3)
    assert "A review takes 5.0 times `git diff`. The bars are for processor time:\n" in text
