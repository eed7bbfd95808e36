"""The gateway chart, by example: see rendering.py for how."""

from __future__ import annotations

import pytest

from charts.rendering import Cases, differences

CASES = Cases("gateway", "main", "town")


@pytest.mark.parametrize("lesson", CASES.lessons)
def test_lesson(lesson: str, helm: str) -> None:
    """Every object is as expected, and there is no other."""
    actual, expected = CASES.objects(helm, CASES.values(lesson)), CASES.expected(lesson)
    assert actual.keys() == expected.keys()
    assert [line for name in expected for line in differences(expected[name], actual[name], name)] == []


@pytest.mark.parametrize("mistake", CASES.mistakes)
def test_mistake(mistake: str, helm: str) -> None:
    """The chart refuses it and says where and why."""
    rendered = CASES.template(helm, CASES.values(f"refused/{mistake}"))
    assert rendered.returncode != 0
    assert (CASES.folder / "refused" / mistake / "message.txt").read_text().strip() in rendered.stderr
