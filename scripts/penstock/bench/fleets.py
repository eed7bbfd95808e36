"""Benchmark of a fleet: environments that are equal but for names and end points, and `helmfile template` for a few."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from penstock.bench import fleet
from penstock.bench.measure import inv, set_aside, timed, watching_memory
from penstock.bench.report import Bar, bar_rows, machine, table, today
from penstock.bench.repository import commit_all
from penstock.core import console
from penstock.core.console import seconds, size
from penstock.core.process import Command, run
from penstock.platform.layout import Layout
from penstock.tools.resolver import resolve

COMPONENTS, FEW, MANY = 50, 200, 1000
# Environments for which helmfile is measured; the rest is extrapolated, since each costs the same.
_HELMFILE = 5
COLD, ALL, ONE, FAST = "cold", "one component changed for all", "one environment's value changed", "fast check"
REVIEW = "review of a change that is equal in all"
TEMPLATE = "helmfile template"
HEADINGS = ["environments", "what", "wall", "processor", "peak memory"]
# Seconds of processor time, and bytes.
_BARS = {(FEW, COLD): 25.0, (FEW, ALL): 8.0, (FEW, ONE): 1.0, (FEW, FAST): 1.5, (FEW, REVIEW): 5.0, (MANY, ALL): 60.0}
_MEMORY = {(FEW, COLD): 700e6, (MANY, ALL): 1e9}
_RATIO = 60
# One screen of a terminal.
_LINES = 24


@dataclass
class FleetTimes:
    """Wall and processor seconds by environments and command, and the peak memory of some in bytes.

    `lines` is how many the review of the change prints.
    """

    wall: dict[tuple[int, str], float] = field(default_factory=dict)
    processor: dict[tuple[int, str], float] = field(default_factory=dict)
    memory: dict[tuple[int, str], int] = field(default_factory=dict)
    lines: int = 0

    def add(self, count: int, what: str, command: Command) -> None:
        """Run a command and record it."""
        with console.step(f"{count} environments, {what}"):
            self.wall[count, what], self.processor[count, what] = timed(command)

    @property
    def ratio(self) -> float:
        """How many times the work of a cold run `helmfile template` of every environment is, extrapolated."""
        return self.processor[FEW, TEMPLATE] / _HELMFILE * FEW / self.processor[FEW, COLD]


def measure_fleet(folder: Path) -> FleetTimes:
    """Measure a fleet of each size once, in folders of its own."""
    found = FleetTimes()
    for count in (FEW, MANY):
        layout = fleet.make(folder / str(count), count, COMPONENTS)
        found.add(count, COLD, inv("hydrate", cwd=layout.root))
        if count == FEW:
            set_aside(layout)
            with watching_memory() as peak:
                run(inv("hydrate", cwd=layout.root))
            found.memory[count, COLD] = peak[0]
            found.add(count, TEMPLATE, _helmfile(layout))
        found.add(count, FAST, inv("hydrate-check", "--fast", cwd=layout.root))
        _change_one(layout, count // 2)
        found.add(count, ONE, inv("hydrate", cwd=layout.root))
        _change_component(layout, ":2.0.0")
        found.add(count, ALL, inv("hydrate", cwd=layout.root))
        _change_component(layout, ":3.0.0")
        with watching_memory() as peak:
            run(inv("hydrate", cwd=layout.root))
        found.memory[count, ALL] = peak[0]
        if count == FEW:
            _review(layout, found)
    return found


def rows(found: FleetTimes) -> list[list[str]]:
    """Return one row per command, under HEADINGS."""
    return [
        [
            str(_HELMFILE if key[1] == TEMPLATE else key[0]),
            key[1],
            seconds(found.wall[key]),
            seconds(found.processor[key]),
            size(found.memory[key]) if key in found.memory else "",
        ]
        for key in found.wall
    ]


def bars(found: FleetTimes) -> list[Bar]:
    """Return the target figures."""
    timed = [
        Bar(_title(key), seconds(bar), seconds(found.processor[key]), found.processor[key] <= bar)
        for key, bar in _BARS.items()
    ]
    memory = [
        Bar(f"{_title(key)}, peak memory", size(bar), size(found.memory[key]), found.memory[key] <= bar)
        for key, bar in _MEMORY.items()
    ]
    ratio = Bar(
        f"{_title((FEW, COLD))}, of `helmfile template`", f"1/{_RATIO}", f"1/{found.ratio:.0f}", found.ratio >= _RATIO
    )
    text = Bar(f"{_title((FEW, REVIEW))}, its text", f"{_LINES} lines", f"{found.lines} lines", found.lines <= _LINES)
    return [*timed, *memory, ratio, text]


def section(found: FleetTimes) -> str:
    """Return the section of docs/benchmarks.md, without its heading."""
    return f"""\

Measured on {today()}, {machine()}. One round.

```console
$ nox -s bench -- --sizes none --gates none --fleet
```

A fleet of {FEW} and one of {MANY} environments with {COMPONENTS} components each, equal but for the name and the end
point of each environment, which every tenth component reads. `helmfile template` is measured for {_HELMFILE}
environments and extrapolated. The review is `inv review` of another image in one component, hydrated and compared with
the last commit; a screen has {_LINES} lines. The machine may be busy with something else, so the bars are compared with
processor time, that of all processes on all cores.

{table(HEADINGS, rows(found))}

{table(["what", "bar", "measured", "reached"], bar_rows(bars(found)))}
"""


def _title(key: tuple[int, str]) -> str:
    return f"{key[0]} environments, {key[1]}"


def _helmfile(layout: Layout) -> Command:
    calls = [
        f"{resolve('helmfile')} --helm-binary {resolve('helm')} -e {fleet.name(number)} template >/dev/null"
        for number in range(_HELMFILE)
    ]
    return Command(["sh", "-ec", "\n".join(calls)], cwd=layout.root, timeout=3600)


def _review(layout: Layout, found: FleetTimes) -> None:
    """Measure the review of another image in one component; the fleet gets a repository only here, for its base."""
    commit_all(layout.root)
    _change_component(layout, ":4.0.0")
    run(inv("hydrate", cwd=layout.root))
    review = inv("review", cwd=layout.root)
    found.add(FEW, REVIEW, review)
    found.lines = len(run(review).text.splitlines())


def _change_one(layout: Layout, number: int) -> None:
    with (layout.environments / f"{fleet.name(number)}.yaml").open("a") as file:
        file.write("replicas: 3\n")


def _change_component(layout: Layout, tag: str) -> None:
    """Give a component another image, in all environments."""
    number = COMPONENTS // 2 + 1
    values = layout.components / fleet.component(number) / "values.yaml.gotmpl"
    values.write_text(fleet.values(number).replace(f":1.{number}.0", tag))
