"""What hydrating a platform costs, and what helmfile alone costs on the same input, by turns in one run."""

from __future__ import annotations

import shutil
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from penstock.core import console
from penstock.core.layout import ENGINE, Layout
from penstock.core.process import Command, run
from penstock.gates.bench import synthetic
from penstock.tools.resolver import resolve

# helmfile and one call per release are measured up to this size; beyond it they take too long to repeat.
LARGEST_BASELINE = 500
# So many calls per release are measured in every round; the rest is extrapolated, since each call costs the same.
_CALLS = 3
# How often memory is looked at, in seconds.
_EVERY = 0.02

COLD, ONE, NOTHING, FAST = "cold", "one values file changed", "nothing changed", "hydrate-check --fast"
TEMPLATE, PER_RELEASE = "helmfile template", "helmfile template -l name=…, per release"


@dataclass
class Measured:
    """A platform of `count` components: wall seconds of every run by what was run, and peak memory in bytes."""

    count: int
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, int] = field(default_factory=dict)

    def middle(self, what: str) -> float | None:
        """The median in seconds, or None when it wasn't measured."""
        return median(self.seconds[what]) if self.seconds.get(what) else None


@dataclass(frozen=True)
class Shipped:
    """The platform of this repository: seconds of the fast check, of `inv --version` and of an empty Python."""

    components: int
    fast: float
    invoke: float
    python: float


def inv(*words: str) -> list[str | Path]:
    """The command that a user runs, by whichever folder it is run from."""
    return [Path(sys.executable).with_name("inv"), f"--search-root={ENGINE}", *words]


def helmfile(*words: str) -> list[str | Path]:
    """The same helmfile and helm that hydrate uses."""
    return [resolve("helmfile"), "--helm-binary", resolve("helm"), "-e", synthetic.ENVIRONMENT, "template", *words]


def measure(layout: Layout, count: int, runs: int) -> Measured:
    """Measure a synthetic platform in `runs` rounds; in each, everything has its turn."""
    result = Measured(count)
    for number in range(runs + 1):
        # The first round is for memory alone: looking at it costs time.
        warm_up = number == 0
        with console.step(f"{count} components, " + ("memory" if warm_up else f"round {number} of {runs}")):
            _round(layout, result, number, warm_up)
    return result


def measure_shipped(runs: int) -> Shipped:
    """Time the fast check of this repository's own platform, Python's start included."""
    fast, invoke, python = [], [], []
    with console.step("the shipped platform"):
        for _ in range(max(runs, 5)):
            # Exit 1 says that something is stale, which takes as long to find as that nothing is.
            fast.append(run(Command(inv("hydrate-check", "--fast"), cwd=ENGINE, ok=(0, 1))).seconds)
            invoke.append(run(Command(inv("--version"), cwd=ENGINE)).seconds)
            python.append(run(Command([sys.executable, "-c", "pass"], cwd=ENGINE)).seconds)
    components = sum(path.is_dir() for path in Layout(ENGINE).components.iterdir())
    return Shipped(components, median(fast), median(invoke), median(python))


def _round(layout: Layout, result: Measured, number: int, warm_up: bool) -> None:
    shutil.rmtree(layout.manifests, ignore_errors=True)
    changed = result.count // 2
    for what, words in ((COLD, ["hydrate"]), (ONE, ["hydrate"]), (NOTHING, ["hydrate"]), (FAST, FAST.split())):
        if what == ONE:
            values = layout.components / synthetic.name(changed) / "values.yaml"
            values.write_text(synthetic.values(changed, number + 1))
        command = Command(inv(*words), cwd=layout.root, timeout=3600)
        if warm_up:
            with _watching_memory() as peak:
                run(command)
            result.memory[what] = peak[0]
        else:
            result.seconds[what].append(run(command).seconds)
            _baseline(layout, result, number, what)


def _baseline(layout: Layout, result: Measured, number: int, after: str) -> None:
    """helmfile's turn: between two of ours, so that a busy minute of the machine hits both."""
    if result.count > LARGEST_BASELINE:
        return
    if after == COLD:
        result.seconds[TEMPLATE].append(run(Command(helmfile(), cwd=layout.root, timeout=3600)).seconds)
    if after == ONE:
        step = max(1, result.count // (_CALLS + 1))
        names = [synthetic.name((number + step * call) % result.count) for call in range(_CALLS)]
        each = [run(Command(helmfile("-l", f"name={name}"), cwd=layout.root, timeout=3600)).seconds for name in names]
        result.seconds[PER_RELEASE].append(sum(each) / len(each) * result.count)


@contextmanager
def _watching_memory() -> Iterator[list[int]]:
    """The largest sum, in bytes, of the resident memory of all that runs below us while the context lasts."""
    peak, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(_EVERY):
            peak[0] = max(peak[0], sum(_resident(child) for child in psutil.Process().children(recursive=True)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0  # it has just ended
