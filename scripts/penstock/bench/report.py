"""The results of the benchmark, as a table for a terminal and as docs/benchmarks.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

from penstock.bench.measure import COLD, FAST, LARGEST_BASELINE, NOTHING, ONE, PER_RELEASE, TEMPLATE, Measured, Shipped
from penstock.core.console import seconds, size

HEADINGS = ["components", "what", "wall", "processor", "peak memory", "of helmfile template", "of one call per release"]
_OURS = (COLD, ONE, NOTHING, FAST)
_LIMIT = 500e6


@dataclass(frozen=True)
class Bar:
    """A target figure of the design, the measured figure, and whether it meets the target."""

    what: str
    bar: str
    measured: str
    reached: bool


def rows(results: list[Measured]) -> list[list[str]]:
    """Return one row per measurement, with the columns of HEADINGS."""
    found = []
    for result in results:
        template, per_release = result.middle(TEMPLATE), result.middle(PER_RELEASE)
        for what in (*_OURS, TEMPLATE, PER_RELEASE):
            middle = result.middle(what)
            if middle is None:
                continue
            memory = size(result.memory[what]) if what in result.memory else ""
            ours = what in _OURS
            found.append(
                [
                    str(result.count),
                    what,
                    seconds(middle),
                    seconds(result.work(what) or 0),
                    memory,
                    _ratio(middle, template) if ours else "",
                    _ratio(middle, per_release) if ours else "",
                ]
            )
    return found


def bars(results: list[Measured], shipped: Shipped) -> list[Bar]:
    """Return the design's target figures that this run measured."""
    by_count = {result.count: result for result in results}
    found = []
    if 500 in by_count:
        found += _bars_of_500(by_count[500])
    if 500 in by_count and 2000 in by_count:
        wall = (by_count[2000].middle(COLD) or 0) / (by_count[500].middle(COLD) or 1)
        work = (by_count[2000].work(COLD) or 0) / (by_count[500].work(COLD) or 1)
        measured = f"{wall:.1f} times, in processor time {work:.1f}"
        found.append(Bar("500 to 2,000 components, cold", "4 times, linear", measured, wall <= 4.0))
    peak = max(max(result.memory.values()) for result in results)
    largest = max(result.count for result in results)
    found.append(Bar(f"peak memory, up to {largest:,} components", "500 MB", f"{peak / 1e6:.0f} MB", peak < _LIMIT))
    invoke = f"{shipped.fast:.2f} s, of which `inv` itself {shipped.invoke:.2f} s"
    found.append(Bar("`hydrate-check --fast`, the shipped platform", "0.3 s", invoke, shipped.fast <= 0.3))
    return found


def document(results: list[Measured], shipped: Shipped, runs: int) -> str:
    """Return the text of docs/benchmarks.md."""
    sizes = ",".join(str(result.count) for result in results)
    versions = "helmfile, helm and render at the versions of tools/"
    files = _file_system(results[0].layout.root)
    return f"""\
# Benchmarks

Measured on {today()}, {machine()}, files on {files}; {versions}. {rounds(runs)}.

Repeat it:

```console
$ nox -s bench -- --sizes {sizes} --gates none --runs {runs}
```

## What is measured

Synthetic platforms of the shipped one's shape: helmfile.yaml, environments/, a chart of a Deployment, a Service and a
values schema, and components that each have a helmfile.yaml.gotmpl and a values.yaml. Every figure is of a command as
a user types it, Python's start included; the ratios are of wall time:

- {COLD}: `inv hydrate` with no manifests/;
- {ONE}, {NOTHING}: `inv hydrate` again;
- {FAST}: `inv {FAST}`;
- {TEMPLATE}: `helmfile -e bench template`, its output thrown away, with the same helmfile, helm and input;
- one call per release: `helmfile -e bench template -l name=NAME` for each, the way the pattern is usually scripted. A
  few calls are measured in every round and the sum is extrapolated linearly.

Cold runs take turns with `helmfile template`, then the others with one call per release, so that a busy moment of the
machine hits both. Nothing is deleted before a cold run, since creating files near deleted ones is slow on ext4.
Processor time is that of all processes on all cores: it tells the work even where the machine was busy with something
else. helmfile is measured up to {LARGEST_BASELINE} components. Peak memory is the largest sum of the resident memory of
all processes of a command, seen every 20 ms in a round of its own; memory that two processes share counts twice.

{table(HEADINGS, rows(results))}

## The bars

{table(["what", "bar", "measured", "reached"], bar_rows(bars(results, shipped)))}

An empty Python starts in {shipped.python:.2f} s here and `inv --version` in {shipped.invoke:.2f} s; no command can be
faster than that. The shipped platform has {shipped.components} components.
"""


def _bars_of_500(result: Measured) -> list[Bar]:
    cold, one, nothing = result.middle(COLD), result.middle(ONE), result.middle(NOTHING)
    template = result.middle(TEMPLATE)
    if cold is None or one is None or nothing is None or template is None:
        return []
    return [
        Bar(
            "500 components, cold",
            "1/8 of `helmfile template`, goal 1/12",
            _ratio(cold, template),
            template >= 8 * cold,
        ),
        Bar(
            "500, one values file changed",
            "1/40, goal 1 s",
            f"{_ratio(one, template)}, {seconds(one)}",
            template >= 40 * one,
        ),
        Bar("500, nothing changed", "0.5 s", seconds(nothing), nothing <= 0.5),
    ]


def bar_rows(found: list[Bar]) -> list[list[str]]:
    """Return the bars as rows of a table."""
    return [[bar.what, bar.bar, bar.measured, "yes" if bar.reached else "**no**"] for bar in found]


def _ratio(ours: float, theirs: float | None) -> str:
    return f"1/{theirs / ours:.1f}" if theirs else ""


def table(headings: list[str], lines: list[list[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (headings, ["---"] * len(headings), *lines))


def rounds(runs: int) -> str:
    """Return how a page says in how many rounds it was measured."""
    return "One round" if runs == 1 else f"Medians of {runs} rounds"


def today() -> str:
    """Return the date in UTC, as YYYY-MM-DD."""
    return str(dt.datetime.now(dt.UTC).date())


def machine() -> str:
    """Return cores, processor, memory and system."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def _file_system(folder: Path) -> str:
    """Return the type of the folder's file system, which dominates the write time of a cold run."""
    mounts = {Path(found.mountpoint): found.fstype for found in psutil.disk_partitions(all=True)}
    return next((mounts[path] for path in (folder, *folder.parents) if path in mounts), "an unknown file system")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")
