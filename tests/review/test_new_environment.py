"""A new environment that extends another is compared with it; one that extends none has all of its objects added."""

from __future__ import annotations

import pytest

from fleet_support import make_fleet
from penstock.review import report
from support import Platform

pytestmark = pytest.mark.integration


def test_a_new_environment_is_compared_with_the_one_that_it_extends(good: Platform) -> None:
    good.git("init", "--quiet", "--initial-branch=main")
    good.commit("Start")
    good.git("switch", "--quiet", "--create", "fleet")
    make_fleet(good).hydrate()
    found = {each.name: each for each in report.review(good.layout).environments}
    coast, north = found["north-coast"], found["north"]
    assert [(each.what, each.name, each.effects) for each in coast.changes] == [
        ("changed", "ConfigMap town/greeting", [])
    ]
    assert coast.notes == ["the environment is new, and compared with north, which it extends"]
    assert (coast.risks, coast.prune.objects) == ([], [])
    # It extends an abstract environment, which has no manifests.
    assert {each.what for each in north.changes} == {"added"}
    assert any("all of its objects are added" in note for note in north.notes)
    good.commit("Fleet")
    good.git("switch", "--quiet", "main")
    good.git("merge", "--quiet", "fleet")
    good.git("switch", "--quiet", "--create", "next")
    good.replace("environments/north/coast.yaml", "who: wind", "who: rain")
    good.hydrate()
    (coast,) = (each for each in report.review(good.layout, environment=["*-coast"]).environments)
    assert coast.notes == []
    assert [each.name for each in coast.changes] == ["ConfigMap town/greeting"]
