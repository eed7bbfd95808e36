"""When a leg is over: nothing more will happen without a new commit."""

from __future__ import annotations

from typing import Any

from penstock.cluster.upgrade.progress import Progress
from penstock.gitops.status import Kustomization

NEW, OLD = "b" * 40, "a" * 40


def item(name: str, revision: str = NEW, reason: str = "ReconciliationSucceeded", **other: Any) -> Kustomization:
    ready = reason == "ReconciliationSucceeded"
    given = {"message": "", "attempted": revision, "handled": "", **other}
    return Kustomization(name=name, ready=ready, reason=reason, revision=revision if ready else OLD, **given)


def look(progress: Progress, now: float, *items: Kustomization) -> None:
    progress.look({each.name: each for each in items}, now)


def of(*names: str) -> Progress:
    return Progress(names, [], NEW, patience=45)


def test_it_is_over_once_all_are_ready_at_the_revision() -> None:
    progress = of("shop")
    look(progress, 1, item("platform"), item("shop", OLD))
    assert (progress.ready, progress.waiting(1)) == (False, ["shop"])
    look(progress, 2, item("platform"), item("shop"))
    assert progress.ready
    assert progress.settled(2)
    assert [(span.component, span.applied, span.ready) for span in progress.spans()] == [
        ("platform", 1, 1),
        ("shop", 2, 2),
    ]


def test_a_component_that_the_revision_lacks_has_to_go_first() -> None:
    progress = of("shop")
    look(progress, 1, item("platform"), item("shop"), item("store", OLD))
    assert (progress.ready, progress.settled(1)) == (False, False)
    look(progress, 2, item("platform"), item("shop"))
    assert (progress.ready, progress.settled(2)) == (True, True)


def test_a_failure_is_given_up_when_its_patience_is_over() -> None:
    progress = of("shop")
    for now in (1, 46):
        look(progress, now, item("platform"), item("shop", reason="ReconciliationFailed", message="no"))
    assert not progress.settled(46)
    assert progress.settled(47)
    assert [(each.message, each.since, each.until) for each in progress.refusals()] == [("no", 1, None)]


def test_a_source_may_take_its_time_for_the_first_fetch() -> None:
    progress = of("shop")
    look(progress, 1, item("platform"), item("shop", OLD, reason="ArtifactFailed", message="not found, retrying"))
    look(progress, 5, item("platform"), item("shop"))
    assert progress.refusals() == []
    assert progress.ready


def test_a_source_that_stays_away_is_a_failure() -> None:
    progress = of("shop")
    for now in (1, 47):
        look(progress, now, item("platform"), item("shop", OLD, reason="ArtifactFailed", message="not found"))
    assert [each.message for each in progress.refusals()] == ["not found"]
    assert progress.settled(47)


def test_a_failure_that_passes_has_an_end() -> None:
    progress = of("shop")
    look(progress, 1, item("platform"), item("shop", reason="BuildFailed", message="no"))
    look(progress, 5, item("platform"), item("shop", reason="Progressing"))
    look(progress, 9, item("platform"), item("shop"))
    assert [(each.since, each.until) for each in progress.refusals()] == [(1, 9)]
    assert progress.ready


def test_another_failure_begins_when_the_message_changes() -> None:
    progress = of("shop")
    look(progress, 1, item("platform"), item("shop", reason="BuildFailed", message="no"))
    look(progress, 4, item("platform"), item("shop", reason="BuildFailed", message="never"))
    assert [(each.message, each.until) for each in progress.refusals()] == [("no", 4), ("never", None)]


def test_a_long_attempt_after_a_failure_may_end_well() -> None:
    progress = of("shop")
    look(progress, 1, item("platform"), item("shop", reason="HealthCheckFailed"))
    look(progress, 40, item("platform"), item("shop", reason="Progressing"))
    assert not progress.settled(50)


def test_what_waits_for_a_failed_component_waits_in_vain() -> None:
    progress = of("shop", "store")
    for now in (1, 60):
        look(
            progress,
            now,
            item("platform"),
            item("shop", reason="BuildFailed", message="no"),
            item("store", OLD, reason="DependencyNotReady", message="shop isn't ready", depends_on=["shop"]),
        )
    assert progress.settled(60)
    assert progress.stuck() == [("shop", "no"), ("store", "shop isn't ready")]


def test_a_cycle_is_over_at_once() -> None:
    progress = of("shop", "store")
    waits = {"reason": "DependencyNotReady"}
    look(progress, 1, item("platform"), item("shop", OLD, depends_on=["store"], **waits))
    assert progress.settled(1) is False  # the root may still create the other one
    both = (item("shop", OLD, depends_on=["store"], **waits), item("store", OLD, depends_on=["shop"], **waits))
    look(progress, 2, item("platform"), *both)
    assert progress.settled(2)


def test_a_failure_at_the_revision_of_before_is_none_of_this_leg() -> None:
    progress = of("shop")
    look(progress, 1, item("platform"), item("shop", OLD, reason="BuildFailed", message="no"))
    assert progress.refusals() == []


def test_nothing_happens_once_fluxs_objects_are_gone() -> None:
    progress = of("shop")
    look(progress, 1, item("platform"), item("shop", OLD))
    for now in (2, 3):
        look(progress, now)
        assert progress.settled(now)
    assert not progress.ready


def test_a_component_that_becomes_unready_again_is_not_ready() -> None:
    progress = of("shop")
    look(progress, 1, item("platform"), item("shop"))
    look(progress, 2, item("platform"), item("shop", reason="Progressing"))
    assert not progress.ready
