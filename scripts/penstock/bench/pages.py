"""Benchmark of the review's page: how large it is, and how soon a browser shows it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from penstock.bench.report import Bar, bar_rows, machine, rounds, table, today
from penstock.core import console
from penstock.core.console import seconds, size
from penstock.core.errors import PenstockError
from penstock.review.model import Change, Component, Effect, Environment, FieldChange, Review, Risk
from penstock.review.page import page

CHANGED, ENVIRONMENTS = 20, ("small", "staging", "production")
_BROWSERS = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")
_LARGEST, _LONGEST = 2e6, 1.0
# The page is shown when the frame after its script is drawn.
_SHOWN = "new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now() / 1000))))"


@dataclass(frozen=True)
class PageTimes:
    """The bytes of the page, and the seconds to write it and to open it."""

    bytes: int
    written: float
    opened: float


def measure_page(runs: int) -> PageTimes:
    """Return medians of `runs` rounds; raises PenstockError without a browser."""
    found = change()
    texts: list[str] = []
    written = [_timed(lambda: texts.append(page(found))) for _ in range(runs)]
    with console.step("opening the page of a review"):
        opened = _opened(texts[0], runs)
    return PageTimes(len(texts[0].encode()), median(written), median(opened))


def change() -> Review:
    """Return the review of a change to 20 components in three environments, whose values differ."""
    return Review(
        base="main", head="working tree", environments=[_environment(*each) for each in enumerate(ENVIRONMENTS)]
    )


def _environment(number: int, environment: str) -> Environment:
    names = [f"service-{index:03}" for index in range(CHANGED)]
    every = [_change(kind, name, environment, number) for name in names for kind in ("ConfigMap", "Deployment")]
    risks = [
        Risk(
            rule="review/scaled-to-one",
            risk="outage",
            severity="medium",
            environment=environment,
            object=one.object,
            name=one.name,
            message="is scaled to one replica",
            fix="Keep two replicas.",
        )
        for one in every[1::4]
    ]
    near = [Component(name=name, depends_on=["namespaces"], uses=names[index : index + 1]) for index, name in _users()]
    around = [Component(name="namespaces"), *(Component(name=name, depends_on=["namespaces"]) for name in names), *near]
    return Environment(name=environment, changes=every, risks=risks, components=around)


def _users() -> list[tuple[int, str]]:
    return [(index, f"user-{index:03}") for index in range(CHANGED)]


def _change(kind: str, name: str, environment: str, number: int) -> Change:
    lines = ["@@ -1,20 +1,20 @@", *(f"-timeout_{line}: 1s" for line in range(20))]
    lines += [f"+timeout_{line}: {number + 2}s" for line in range(20)]
    return Change(
        what="changed",
        object=f"{'apps' if kind == 'Deployment' else ''}/{kind}/town/{name}",
        name=f"{kind} town/{name}",
        component=name,
        file=f"manifests/{environment}/{name}/{kind.lower()}-{name}.yaml",
        fields=[FieldChange(path="spec.replicas", old=2, new=1), FieldChange(path="data.settings", lines=lines)],
        effects=[Effect("rolled", "its pods are rolled")],
        touches=[f"Service town/{other}" for _, other in _users()[:6]],
    )


def _opened(text: str, runs: int) -> list[float]:
    from playwright.sync_api import sync_playwright  # a package of the extra `dev`

    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if not browser:
        raise PenstockError("no browser on PATH", f"install one of {', '.join(_BROWSERS)}, or leave out --page")
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder, sync_playwright() as started:
        file = Path(folder) / "review.html"
        file.write_text(text)
        made = started.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        found = []
        for _ in range(runs + 1):
            tab = made.new_page()
            tab.goto(file.as_uri())
            found.append(float(tab.evaluate(_SHOWN)))
            tab.close()
        made.close()
    return found[1:]  # the first one starts the browser's processes


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bars(found: PageTimes) -> list[Bar]:
    """Return the target figures."""
    return [
        Bar("the page, its size", "2 MB", size(found.bytes), found.bytes < _LARGEST),
        Bar("the page, from opening to the first frame", "1 s", seconds(found.opened), found.opened < _LONGEST),
    ]


def section(found: PageTimes, runs: int) -> str:
    """Return the section of docs/benchmarks.md, without its heading."""
    return f"""\

Measured on {today()}, {machine()}. {rounds(runs)}.

```console
$ nox -s bench -- --sizes none --gates none --page --runs {runs}
```

The page of a change to {CHANGED} components in {len(ENVIRONMENTS)} environments: two objects of each differ, in every
environment in another way, so that nothing is shown once for all of them. It is written in
{seconds(found.written)}, and opened in Chromium from a file.

{table(["what", "bar", "measured", "reached"], bar_rows(bars(found)))}
"""
