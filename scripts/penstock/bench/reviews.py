"""Benchmark of a review: 500 components in three environments, of which 20 change; beside `git diff` and dyff."""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from penstock.bench import networked, synthetic
from penstock.bench.measure import inv, timed, watching_memory
from penstock.bench.report import Bar, bar_rows, machine, rounds, table, today
from penstock.bench.repository import commit_all, git
from penstock.core import console
from penstock.core.console import seconds, size
from penstock.core.process import Command, run
from penstock.platform.layout import Layout

COUNT, CHANGED = 500, 20
NOTHING, REVIEW, GIT, DYFF = "inv review, nothing changed", "inv review, 20 changed", "git diff", "dyff between"
_BARS = {NOTHING: 0.7, REVIEW: 3.0}
_MOST_MEMORY = 500e6
HEADINGS = ["what", "wall", "processor"]


@dataclass
class ReviewTimes:
    """Wall and processor seconds of each run by command, and the peak memory of a review in bytes."""

    wall: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    processor: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: int = 0

    def add(self, what: str, command: Command) -> None:
        """Run a command and record it."""
        wall, processor = timed(command)
        self.wall[what].append(wall)
        self.processor[what].append(processor)

    def middle(self, what: str) -> float:
        """The median processor time in seconds, which other programs on the machine lengthen less than wall time."""
        return median(self.processor[what])


def measure_review(folder: Path, runs: int) -> ReviewTimes:
    """Measure all commands in `runs` rounds; dyff only if it is on PATH."""
    with console.step(f"preparing {COUNT} components in {len(networked.ENVIRONMENTS)} environments"):
        layout = _prepared(folder / "platform")
    found = ReviewTimes()
    review = inv("review", cwd=layout.root, ok=(0, 1))
    with console.step(NOTHING):
        for _ in range(runs):
            found.add(NOTHING, review)
    old = _joined(layout, folder / "old.yaml") if shutil.which("dyff") else None
    with console.step(f"changing {CHANGED} components"):
        _change(layout)
    with watching_memory() as peak:
        run(review)
    found.memory = peak[0]
    new = _joined(layout, folder / "new.yaml") if old else None
    for number in range(1, runs + 1):
        with console.step(f"round {number} of {runs}, a review"):
            found.add(REVIEW, review)
            found.add(GIT, git(layout.root, "diff", "--", "manifests"))
            if old and new:
                found.add(DYFF, Command(["dyff", "between", "--omit-header", old, new], cwd=layout.root))
    return found


def rows(found: ReviewTimes) -> list[list[str]]:
    """Return one row per command, under HEADINGS."""
    return [[what, seconds(median(found.wall[what])), seconds(found.middle(what))] for what in found.wall]


def bars(found: ReviewTimes) -> list[Bar]:
    """Return the target figures, and the ratios to the other programs, which have none."""
    title = f"{COUNT} components in {len(networked.ENVIRONMENTS)} environments"
    result = [
        Bar(f"`{what}`, {title}", seconds(bar), seconds(found.middle(what)), found.middle(what) <= bar)
        for what, bar in _BARS.items()
    ]
    memory = Bar(f"`{REVIEW}`, peak memory", size(_MOST_MEMORY), size(found.memory), found.memory <= _MOST_MEMORY)
    return [*result, memory]


def section(found: ReviewTimes, runs: int) -> str:
    """Return the section of docs/benchmarks.md, without its heading."""
    others = [what for what in (GIT, DYFF) if what in found.wall]
    ratios = ", ".join(f"{found.middle(REVIEW) / found.middle(what):.1f} times `{what}`" for what in others)
    return f"""\

Measured on {today()}, {machine()}. {rounds(runs)}.

```console
$ nox -s bench -- --sizes none --gates none --review --runs {runs}
```

The networked platform with {COUNT} components in {len(networked.ENVIRONMENTS)} environments, committed; then another
image in {CHANGED} components, hydrated. `git diff` prints the lines of manifests/ that differ. `dyff between`, measured
if it is on PATH, compares the objects of all environments in two files, which are written beforehand; it knows neither
effects nor risks. A review takes {ratios}. The bars are for processor time:
wall time includes the wait for other programs.

{table(HEADINGS, rows(found))}

{table(["what", "bar", "measured", "reached"], bar_rows(bars(found)))}
"""


def _prepared(folder: Path) -> Layout:
    layout = networked.make(folder, COUNT)
    run(inv("hydrate", cwd=layout.root))
    commit_all(layout.root)
    return layout


def _change(layout: Layout) -> None:
    """Give every 25th component another image, in all environments."""
    for number in range(0, COUNT, COUNT // CHANGED):
        values = layout.components / synthetic.name(number) / "values.yaml.gotmpl"
        values.write_text(values.read_text().replace(f":1.{number}.0", f":1.{number}.1"))
    run(inv("hydrate", cwd=layout.root))


def _joined(layout: Layout, target: Path) -> Path:
    """Write all objects into one file, as dyff reads them."""
    files = (path for path in sorted(layout.manifests.glob("*/*/*.yaml")) if path.name != "kustomization.yaml")
    target.write_text("".join(f"---\n{path.read_text()}" for path in files))
    return target
