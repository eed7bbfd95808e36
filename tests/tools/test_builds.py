"""How far a build is, and how long it takes at most, from the figures in tools/builds.toml."""

from __future__ import annotations

import os
import time

import pytest

from penstock.core import console
from penstock.tools import builds
from penstock.tools.pins import PROGRAMS


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_every_program_has_its_figure(name: str) -> None:
    assert builds.packages(name) > 100


def test_programs_of_one_go_mod_count_once() -> None:
    largest, other = builds.seconds(["kube-controller-manager"]), builds.seconds(["etcd"])
    assert builds.seconds(["kube-scheduler", "kube-controller-manager"]) == largest
    assert builds.seconds(["kube-controller-manager", "etcd"]) == largest + other
    assert largest == pytest.approx(builds.packages("kube-controller-manager") * 0.18 / 2)


def test_the_time_left_is_first_that_of_the_figures_and_then_that_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = builds.packages("etcd")
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress = builds.Progress("etcd")
    left = console.seconds((known - 1) * 0.18 / 2)
    assert progress.count() == f"1 of at most {known} packages compiled, at most {left} left"
    now += 500.0
    texts = [progress.count() for _ in range(49)]
    assert texts[:-1] == [""] * 48
    left = console.seconds((known - 50) * 10.0)
    assert texts[-1] == f"50 of at most {known} packages compiled, at most {left} left"


def test_more_packages_than_known_are_no_negative_time() -> None:
    progress = builds.Progress("actionlint")
    texts = [progress.count() for _ in range(150)]
    assert texts[-1].startswith("150 of at most 150 packages compiled, at most 0")
