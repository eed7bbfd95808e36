"""Benchmark of hydration against helmfile alone on the same input, taking turns in one run."""

from __future__ import annotations

import resource
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from penstock.bench import synthetic
from penstock.core import console
from penstock.core.process import Command, run
from penstock.platform.layout import ENGINE, Layout
from penstock.tools.resolver import resolve

# Larger platforms are measured without helmfile and one call per release, which take too long to repeat.
LARGEST_BASELINE = 500
# Calls per release measured in each round. The rest is extrapolated: each call costs the same.
_CALLS = 3
# Seconds between two samples of the memory.
_EVERY = 0.02

COLD, ONE, NOTHING, FAST = "cold", "one values file changed", "nothing changed", "hydrate-check --fast"
_ARGUMENTS = {COLD: ["hydrate"], ONE: ["hydrate"], NOTHING: ["hydrate"], FAST: FAST.split()}
TEMPLATE, PER_RELEASE = "helmfile template", "helmfile template -l name=…, per release"


@dataclass
class Measured:
    """Results of a platform of `count` components, by label: wall and processor seconds per run, and peak bytes."""

    layout: Layout
    count: int
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    processor: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, int] = field(default_factory=dict)

    def middle(self, what: str) -> float | None:
        """Return the median wall time in seconds, or None if it wasn't measured."""
        return median(self.seconds[what]) if self.seconds.get(what) else None

    def work(self, what: str) -> float | None:
        """Return the median processor time in seconds over all processes and cores, or None if it wasn't measured."""
        return median(self.processor[what]) if self.processor.get(what) else None

    def add(self, what: str, seconds: float, processor: float) -> None:
        """Record one run."""
        self.seconds[what].append(seconds)
        self.processor[what].append(processor)


@dataclass(frozen=True)
class Shipped:
    """Results for this repository's platform: seconds of the fast check, of `inv --version` and of an empty Python."""

    components: int
    fast: float
    invoke: float
    python: float


def inv(*arguments: str, cwd: Path, ok: tuple[int, ...] = (0,), module: str = "penstock") -> Command:
    """Return the command that a user runs, with Python's bytecode cache enabled as by default."""
    argv = [sys.executable, "-m", module, *arguments]
    return Command(argv, cwd=cwd, ok=ok, env={"PYTHONDONTWRITEBYTECODE": ""}, timeout=3600)


def helmfile(*arguments: str) -> list[str | Path]:
    """Return the argv of `helmfile template`, with the helmfile and helm that hydrate uses."""
    return [resolve("helmfile"), "--helm-binary", resolve("helm"), "-e", synthetic.ENVIRONMENT, "template", *arguments]


def measure(platforms: list[Layout], runs: int) -> list[Measured]:
    """Measure synthetic platforms in `runs` rounds of cold runs, and as many of the others, on every platform."""
    results = [Measured(layout, sum(1 for _ in layout.components.iterdir())) for layout in platforms]
    # Cold runs come first, as they delete nothing; see `set_aside`.
    for commands in ([COLD], [ONE, NOTHING, FAST]):
        for number in range(runs + 1):
            # The first round measures only memory: sampling it takes time.
            warm_up = number == 0
            for result in results:
                title = "memory" if warm_up else f"round {number} of {runs}"
                with console.step(f"{title}, {result.count} components, {commands[0]}"):
                    _round(result, commands, number, warm_up)
    return results


def measure_shipped(runs: int) -> Shipped:
    """Time the fast check of this repository's platform, including Python's start."""
    fast, invoke, python = [], [], []
    with console.step("the shipped platform"):
        for _ in range(max(runs, 5)):
            # Exit code 1 means that something is stale; finding that takes as long as finding nothing.
            fast.append(run(inv("hydrate-check", "--fast", cwd=ENGINE, ok=(0, 1))).seconds)
            invoke.append(run(inv("--version", cwd=ENGINE)).seconds)
            python.append(run(Command([sys.executable, "-c", "pass"], cwd=ENGINE)).seconds)
    components = sum(path.is_dir() for path in Layout(ENGINE).components.iterdir())
    return Shipped(components, median(fast), median(invoke), median(python))


def set_aside(layout: Layout) -> None:
    """Move a platform's manifests away, into a folder beside it.

    Deleted, they would slow down what is measured next: for minutes ext4 reuses no inode of a deleted file, and skips
    thousands of them for every file that it creates (function recently_deleted in Linux's fs/ext4/ialloc.c).
    """
    if layout.manifests.exists():
        layout.manifests.rename(Path(tempfile.mkdtemp(dir=layout.root.parent)) / layout.manifests.name)


def _round(result: Measured, commands: Sequence[str], number: int, warm_up: bool) -> None:
    layout = result.layout
    changed = result.count // 2
    for what in commands:
        if what == COLD:
            set_aside(layout)
        if what == ONE:
            values = layout.components / synthetic.name(changed) / "values.yaml"
            values.write_text(synthetic.values(changed, number + 1))
        command = inv(*_ARGUMENTS[what], cwd=layout.root)
        if warm_up:
            with watching_memory() as peak:
                run(command)
            result.memory[what] = peak[0]
        else:
            result.add(what, *timed(command))
            _baseline(result, number, what)


def _baseline(result: Measured, number: int, after: str) -> None:
    """Run helmfile between two of Penstock's commands, so that load on the machine affects both."""
    if result.count > LARGEST_BASELINE:
        return
    if after == COLD:
        result.add(TEMPLATE, *timed(Command(helmfile(), cwd=result.layout.root, timeout=3600)))
    if after == ONE:
        step = max(1, result.count // (_CALLS + 1))
        names = [synthetic.name((number + step * call) % result.count) for call in range(_CALLS)]
        each = [timed(Command(helmfile("-l", f"name={name}"), cwd=result.layout.root, timeout=3600)) for name in names]
        seconds, processor = (sum(column) / len(each) * result.count for column in zip(*each, strict=True))
        result.add(PER_RELEASE, seconds, processor)


def timed(command: Command) -> tuple[float, float]:
    """Return the wall and processor seconds of a command and its descendants."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = run(command).seconds
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def watching_memory() -> Iterator[list[int]]:
    """Sample the summed resident memory of all descendant processes; item 0 is the largest sum in bytes."""
    with watching(lambda: [psutil.Process().children(recursive=True)], _EVERY) as peaks:
        yield peaks


@contextmanager
def watching(groups: Callable[[], Sequence[Sequence[psutil.Process]]], every: float) -> Iterator[list[int]]:
    """Sample the resident memory of groups of processes every so many seconds; yields the largest sums in bytes."""
    peaks, ended = [0] * len(groups()), threading.Event()

    def watch() -> None:
        while not ended.wait(every):
            for number, group in enumerate(groups()):
                peaks[number] = max(peaks[number], sum(map(_resident, group)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0  # the process has exited
