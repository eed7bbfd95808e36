"""How long builds from source take, from the figures in tools/builds.toml."""

from __future__ import annotations

import os
import time
import tomllib
from collections.abc import Iterable
from functools import cache
from typing import Any

from penstock.core import console
from penstock.platform.layout import ENGINE
from penstock.tools.pins import PROGRAMS

# Before that many packages, the rate of a build says little: the first ones wait for downloads.
_TELLING = 50


def packages(name: str) -> int:
    """Return how many packages a build of a program compiles at most."""
    return int(_figures()["packages"][name])


def seconds(names: Iterable[str]) -> float:
    """Return how long the builds of these programs take at most, in seconds on all cores of this machine.

    Of the programs of one go.mod only the largest counts, since they have nearly all packages in common.
    """
    largest: dict[str, int] = {}
    for name in names:
        folder = PROGRAMS[name].folder
        largest[folder] = max(largest.get(folder, 0), packages(name))
    return _seconds(sum(largest.values()))


class Progress:
    """The progress of one build: counts its packages, and describes how far it is."""

    def __init__(self, name: str) -> None:
        self._known, self._compiled, self._start = packages(name), 0, time.monotonic()

    def count(self) -> str:
        """Count one more package; returns a text about the progress from time to time, else an empty one."""
        self._compiled += 1
        return self._text() if self._compiled % _TELLING == 0 or self._compiled == 1 else ""

    def _text(self) -> str:
        left = max(self._known - self._compiled, 0)
        each = (time.monotonic() - self._start) / self._compiled if self._compiled >= _TELLING else _seconds(1)
        known = max(self._known, self._compiled)
        return f"{self._compiled} of at most {known} packages compiled, at most {console.seconds(left * each)} left"


def _seconds(count: int) -> float:
    return count * float(_figures()["cpuSecondsPerPackage"]) / (os.cpu_count() or 1)


@cache
def _figures() -> dict[str, Any]:
    return tomllib.loads((ENGINE / "tools" / "builds.toml").read_text())
