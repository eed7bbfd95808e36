"""How far each environment lags behind the working tree: commits, days, and the risks that wait."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec

from penstock.hydrate import charts_lock, lock, pinned, pipeline
from penstock.hydrate.charts import Charts
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.pinned import Revisions
from penstock.hydrate.select import NO_INPUTS
from penstock.platform import environments
from penstock.platform.environments import Pins
from penstock.platform.layout import Layout
from penstock.promotion import steps
from penstock.review.model import Severity
from penstock.tools import history

_DAY = 86400


class Lag(msgspec.Struct, frozen=True):
    """A pinned component: the commits since its revision that touch its sources, and the days since the oldest."""

    component: str
    revision: str
    commits: int
    days: int


class Waiting(msgspec.Struct, frozen=True):
    """What an environment lacks of the working tree.

    `commits` counts each once, `changes` are the objects that differ, and `risks` those of the highest severity.
    """

    environment: str
    components: list[Lag]
    commits: int
    days: int
    changes: int
    highest: Severity | None
    risks: list[str]


def waiting(layout: Layout, environment: str, found: Revisions, now: float | None = None) -> Waiting:
    """Return how far an environment lags; raises what hydration without its pins raises."""
    locked = lock.read(layout.tree(environment), f"manifests/{environment}").components
    pins = environments.pins(layout, environment)
    pinned.components(found, environment)  # names the place of a pin that can't be read
    present = now or time.time()
    lags: list[Lag] = []
    every: dict[str, int] = {}
    for name, entry in locked.items():
        if entry.commit and pins.of(name):
            commits = history.between(layout.root, entry.commit, "HEAD", list(sources(name, entry)))
            every |= dict(commits)
            lags.append(Lag(name, pins.of(name), len(commits), _days([at for _, at in commits], present)))
    if pins == Pins():
        return Waiting(environment, [], 0, 0, 0, None, [])
    before = steps.on_disk(layout, [environment])
    charts = Charts(layout, may_lock=True)
    [tree] = pipeline.hydrate(layout, [environment], [], charts=charts, revisions=found, pins=Pins())
    after = {environment: steps.computed(tree, before[environment])}
    (seen,) = steps.review(layout, before, after, (environment, "working tree")).environments
    risks = [f"{risk.name or environment}: {risk.message}" for risk in seen.risks if risk.severity == seen.highest]
    days = _days(list(every.values()), present)
    return Waiting(environment, lags, len(every), days, len(seen.changes), seen.highest, risks)


def sources(name: str, entry: LockedComponent) -> Iterator[str]:
    """Yield the paths from which a component is rendered, as Git's patterns."""
    yield f"components/{name}"
    yield from (f":(exclude)components/{name}/{file}" for file in NO_INPUTS)
    yield from (chart for chart in entry.charts if not charts_lock.is_upstream(chart))
    if any(map(charts_lock.is_upstream, entry.charts)):
        yield charts_lock.NAME


def _days(times: list[int], now: float) -> int:
    return int(max(0, now - min(times)) // _DAY) if times else 0
