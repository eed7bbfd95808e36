"""The timeline: all legs on one scale, waits, bars and refusals where their seconds are."""

from __future__ import annotations

from penstock.review.page.timeline import LABELS, timelines
from penstock.review.rehearsal import Passage, Refusal, Rehearsal
from review_support import rehearsal


def test_the_legs_have_one_scale() -> None:
    base, head, back = timelines(rehearsal())
    assert base.ticks == head.ticks == back.ticks
    assert [label for _, label in base.ticks] == ["0 s", "5 s", "10 s", "15 s", "20 s"]
    at = {label: x for x, label in base.ticks}
    namespaces, shop = base.rows
    assert (namespaces.waits, namespaces.start) == (None, LABELS)
    assert shop.start == shop.waits
    second = (at["5 s"] - LABELS) / 5
    assert shop.start is not None
    assert abs(shop.start - LABELS - 2 * second) < 0.1
    assert abs(shop.end - LABELS - 8 * second) < 0.1
    assert shop.label == "6.0 s, 2 retries"


def test_what_is_refused_until_the_end() -> None:
    head = timelines(rehearsal())[1]
    database = next(row for row in head.rows if row.component == "database")
    assert not database.ready
    assert database.label == "not Ready, refused"
    [(start, end)] = database.refused
    assert database.start is not None
    assert database.start < start < end == database.end
    assert {label: x for x, label in head.ticks}["20 s"] == end


def test_a_component_that_was_refused_only() -> None:
    refused = Refusal(component="shop", message="no", since=1, until=2)
    passage = Passage(leg="head", ready=False, seconds=3, refusals=[refused, refused])
    [leg] = timelines(Rehearsal(environment="k3d", base="", head="", passages=[passage]))
    [row] = leg.rows
    assert (row.component, row.start, row.label) == ("shop", None, "not applied, refused 2 times")
