"""The benchmark of a fleet: what it generates, and its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.bench import fleet, fleets
from penstock.bench.fleets import ALL, COLD, FAST, FEW, MANY, ONE, REVIEW, TEMPLATE, FleetTimes
from penstock.bench.measure import inv
from penstock.core.process import run
from penstock.hydrate.pipeline import hydrate
from penstock.platform import environments


def times(**processor: float) -> FleetTimes:
    """Figures that reach every bar but for these."""
    found = FleetTimes()
    reached = {(FEW, COLD): 10.0, (FEW, TEMPLATE): 25.0, (FEW, FAST): 1.0, (FEW, ONE): 0.5, (FEW, ALL): 4.0}
    reached |= {(FEW, REVIEW): 3.0, (MANY, ALL): 30.0}
    for key, value in reached.items():
        found.wall[key], found.processor[key] = 2 * value, processor.get(f"{key[1].split()[0]}{key[0]}", value)
    found.memory = {(FEW, COLD): 500_000_000, (MANY, ALL): 900_000_000}
    found.lines = 8
    return found


def test_a_bar_is_compared_with_processor_time() -> None:
    assert all(bar.reached for bar in fleets.bars(times()))
    missed = [bar.what for bar in fleets.bars(times(cold200=26.0)) if not bar.reached]
    assert missed == ["200 environments, cold", "200 environments, cold, of `helmfile template`"]


def test_the_review_fits_on_a_screen() -> None:
    found = times()
    found.lines = 25
    missed = [(bar.bar, bar.measured) for bar in fleets.bars(found) if not bar.reached]
    assert missed == [("24 lines", "25 lines")]


def test_helmfile_is_extrapolated_to_all_environments() -> None:
    assert times().ratio == 25.0 / 5 * 200 / 10.0
    assert "| 5 | helmfile template |" in fleets.section(times())


@pytest.mark.integration
def test_only_components_that_read_the_environment_differ(tmp_path: Path) -> None:
    layout = fleet.make(tmp_path / "fleet", 3, 11)
    names = environments.names(layout)
    assert names == ["site-0000", "site-0001", "site-0002"]
    one, two, _ = hydrate(layout, names, [])
    differing = {path.split("/")[0] for path in one.files if one.files[path] != two.files[path]}
    assert differing == {"c0000", "c0010", "flux-system"}


@pytest.mark.integration
def test_an_equal_change_is_reviewed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleets, "COMPONENTS", 2)
    layout = fleet.make(tmp_path / "fleet", 3, 3)
    run(inv("hydrate", cwd=layout.root))
    found = FleetTimes()
    fleets._review(layout, found)
    assert found.processor.keys() == {(FEW, REVIEW)}
    assert 0 < found.lines <= 10
