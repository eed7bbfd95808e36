"""Compute the tree of one environment from its sources: plan, renew, check, order."""

from __future__ import annotations

from collections.abc import Collection

from penstock.core.files import sha256
from penstock.hydrate import check, derived, labels, lock
from penstock.hydrate.charts import Charts
from penstock.hydrate.lock import Lock, LockedComponent
from penstock.hydrate.parts import refuse_taken, units
from penstock.hydrate.pinned import Revisions
from penstock.hydrate.plan import Plan, plan
from penstock.hydrate.tree import Tree
from penstock.platform.environments import Pins
from penstock.platform.layout import Layout


def hydrate(
    layout: Layout,
    environment: str,
    only: list[str],
    *,
    afresh: Collection[str] | None = (),
    charts: Charts | None = None,
    revisions: Revisions | None = None,
    pins: Pins | None = None,
) -> Tree:
    """Compute an environment's tree; writes only to the cache.

    `only` limits the run to some components. Those in `afresh` are rendered in any case, and all if it is None.
    `charts` defaults to the upstream charts in charts.lock, `pins` to those in the environment's settings.
    """
    charts = charts or Charts(layout, may_lock=False)
    revisions = revisions or Revisions(layout)
    planned = plan(environment, only, charts, revisions, afresh=afresh, pins=pins)
    if not planned.rendered:
        return _tree(planned, {}, {})
    # Imported here, so that a run without changes doesn't import the renderer.
    from penstock.hydrate.renew import renew

    renewed = renew(planned)
    return _tree(planned, renewed.entries, renewed.texts)


def _tree(plan: Plan, renewed: dict[str, LockedComponent], texts: dict[str, dict[str, bytes]]) -> Tree:
    """Return the tree of the rendered components, the kept ones, and the files derived from both."""
    layout, environment = plan.inputs.layout, plan.inputs.environment
    entries = plan.locked | renewed
    components = {name: entries[name] for name in sorted(plan.components) if name in entries}
    refuse_taken(components)
    check.check(components)
    files: dict[str, bytes | None] = {
        f"{name}/{file}": texts[name][file] if name in texts else None
        for name, unit in units(components).items()
        for file in unit.files
    }
    made = derived.files(environment, components, labels.reader(layout.tree(environment), texts))
    digests = {path: sha256(data) for path, data in made.items()}
    # An unchanged file is kept: a hard link is cheaper than a new file.
    files |= {path: None if plan.disk.get(path) == digests[path] else data for path, data in made.items()}
    written = Lock(version=lock.FORMAT, components=components, flux=digests)
    return Tree(environment, files, written, [each.name for each in plan.rendered], plan.disk)
