"""The commands that the benchmark times are those that a user runs."""

from __future__ import annotations

from penstock.bench.measure import inv, set_aside, timed
from penstock.core.process import run
from support import Platform


def test_the_verb_runs_on_the_platform_of_its_folder(good: Platform) -> None:
    result = run(inv("hydrate-check", "--fast", cwd=good.root, ok=(0, 1)))
    assert (result.code, result.complaint) == (0, "manifests/ is what its sources give (by digest)")


def test_wall_and_processor_time_are_measured(good: Platform) -> None:
    seconds, processor = timed(inv("hydrate-check", "--fast", cwd=good.root))
    assert processor > 0
    assert seconds > 0


def test_before_a_cold_run_the_manifests_are_moved_and_not_deleted(good: Platform) -> None:
    files = sorted(path.name for path in good.layout.manifests.rglob("*"))
    set_aside(good.layout)
    set_aside(good.layout)
    assert not good.layout.manifests.exists()
    (moved,) = [place for place in good.root.parent.rglob("manifests") if not place.is_relative_to(good.root)]
    assert sorted(path.name for path in moved.rglob("*")) == files
