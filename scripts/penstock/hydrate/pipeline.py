"""Compute the trees of environments from their sources: plan, renew, check, order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from penstock.core.files import sha256
from penstock.hydrate import check, derived, labels, lock
from penstock.hydrate.charts import Charts
from penstock.hydrate.lock import Lock
from penstock.hydrate.parts import files, refuse_taken
from penstock.hydrate.pinned import Revisions
from penstock.hydrate.plan import Plan, plan
from penstock.hydrate.seen import Seen
from penstock.hydrate.shape import Shape, validate
from penstock.hydrate.tree import Tree
from penstock.platform import environments as settings
from penstock.platform.environments import Pins
from penstock.platform.layout import Layout

if TYPE_CHECKING:
    from penstock.hydrate.renew import Split

_NONE: Mapping[str, Collection[str] | None] = MappingProxyType({})


def hydrate(
    layout: Layout,
    environments: list[str],
    only: list[str],
    *,
    afresh: Mapping[str, Collection[str] | None] = _NONE,
    charts: Charts | None = None,
    revisions: Revisions | None = None,
    pins: Pins | None = None,
) -> list[Tree]:
    """Compute the trees of some environments; writes only to the cache.

    `only` limits the run to some components. `afresh` has, by environment, those to render in any case, None for all.
    `charts` defaults to the upstream charts in charts.lock, `pins` to those in the environment's settings.
    """
    charts = charts or Charts(layout, may_lock=False)
    revisions = revisions or Revisions(layout)
    seen = Seen()
    plans = [plan(name, only, charts, revisions, seen, afresh=afresh.get(name, ()), pins=pins) for name in environments]
    stale = [each for each in plans if each.rendered]
    renewed: dict[str, Split] = {}
    if stale:
        # Imported here, so that a run without changes doesn't import the renderer.
        from penstock.hydrate.renew import renew

        renewed = renew(stale)
    return [_tree(each, renewed.get(each.inputs.environment)) for each in plans]


def _tree(plan: Plan, renewed: Split | None) -> Tree:
    """Return the tree of the rendered components, the kept ones, and the files derived from both."""
    layout, environment = plan.inputs.layout, plan.inputs.environment
    texts = renewed.texts if renewed else {}
    entries = plan.locked | (renewed.entries if renewed else {})
    components = {name: entries[name] for name in sorted(plan.components) if name in entries}
    shape = Shape(components)
    for rule in (refuse_taken, check.check):
        validate(rule, shape)
    found: dict[str, bytes | None] = {
        f"{unit}/{file}": texts[unit][file] if unit in texts else None for unit, file, _ in files(components)
    }
    place = settings.place(layout, environment)
    made = derived.files(place, shape, labels.reader(layout.tree(environment), texts))
    digests = {path: sha256(data) for path, data in made.items()}
    # An unchanged file is kept: a hard link is cheaper than a new file.
    found |= {path: None if plan.disk.get(path) == digests[path] else data for path, data in made.items()}
    written = Lock(version=lock.FORMAT, components=components, flux=digests)
    return Tree(environment, found, written, [each.name for each in plan.rendered], plan.disk)
