"""The page that the benchmark measures is the largest of its kind, and docs/benchmarks.md keeps its other parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.bench.pages import CHANGED, ENVIRONMENTS, PageTimes, bars, change
from penstock.review import groups
from penstock.review.page import page
from penstock.verbs import bench


def test_nothing_is_shown_once_for_all_environments() -> None:
    found = groups.changes(change())
    assert len(found) == 2 * CHANGED * len(ENVIRONMENTS)
    assert page(change()).count('class="object') == len(found)


def test_the_bars() -> None:
    assert [bar.reached for bar in bars(PageTimes(1_900_000, 0.1, 0.9))] == [True, True]
    assert [bar.reached for bar in bars(PageTimes(2_100_000, 0.1, 1.1))] == [False, False]


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_part_of_the_document_is_replaced_alone(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_TARGET", tmp_path / "docs" / "benchmarks.md")
    monkeypatch.setattr(bench, "ENGINE", tmp_path)
    for part, text in enumerate(["hydration", "gates", "review", "page"]):
        bench._write(part, f"{text}\n")
    bench._write(number, "new\n")
    texts = ["hydration\n", "gates\n", "review\n", "page\n"]
    texts[number] = "new\n"
    assert (tmp_path / "docs" / "benchmarks.md").read_text() == (
        f"{texts[0]}\n## The gates\n{texts[1]}\n## A review\n{texts[2]}\n## The page of a review\n{texts[3]}"
    )
