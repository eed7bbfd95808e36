"""Decide which components a hydration renders and which it keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import msgspec

from penstock.core.errors import PenstockError
from penstock.hydrate import lock, pinned, select
from penstock.hydrate.charts import Charts
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.parts import files
from penstock.hydrate.pinned import Revisions
from penstock.hydrate.seen import Seen
from penstock.hydrate.select import Component, Inputs
from penstock.hydrate.tree import on_disk
from penstock.platform import environments
from penstock.platform.environments import Pins


@dataclass(frozen=True)
class Plan:
    """The components of an environment by name, and those to render.

    `locked` has the lock's entries, none if the lock isn't trusted; `intact` those whose files on disk match the lock.
    `disk` maps the paths of the tree's files to their SHA-256. `revisions` has the sources of pinned components.
    """

    inputs: Inputs
    charts: Charts
    components: dict[str, Component]
    rendered: list[Component]
    locked: dict[str, LockedComponent]
    intact: dict[str, LockedComponent]
    disk: dict[str, str]
    revisions: Revisions

    def parts(self) -> Iterator[Plan]:
        """Yield the plan of the working tree's components, and one for each commit: their sources differ."""
        layout = self.inputs.layout
        for commit in sorted({each.commit for each in self.rendered}):
            rendered = [each for each in self.rendered if each.commit == commit]
            if not commit:
                yield replace(self, rendered=rendered)
                continue
            then = self.revisions.at(commit)
            inputs = replace(self.inputs, layout=then, chart_digests=None)
            charts = Charts(replace(layout, sources=then.sources), may_lock=False)
            yield replace(self, inputs=inputs, charts=charts, rendered=rendered)


def plan(
    environment: str,
    only: list[str],
    charts: Charts,
    revisions: Revisions,
    seen: Seen,
    *,
    afresh: Collection[str] | None,
    pins: Pins | None = None,
) -> Plan:
    """Compare inputs and tree with the lock; raises PenstockError for an unknown environment or component.

    `only` limits the rendering to these components and those whose files were edited by hand. The lock's entries of the
    components in `afresh` aren't trusted; no entry is if it is None. `pins` are by default those in the environment's
    settings. Environments of a run share what is `seen`.
    """
    layout = revisions.layout
    environments.read(layout, environment)
    components = {each.name: each for each in pinned.components(revisions, environment, pins, seen)}
    current = lock.read(layout.tree(environment), f"manifests/{environment}")
    kept = {} if afresh is None else {name: current.components[name] for name in current.components.keys() - {*afresh}}
    trusted = msgspec.structs.replace(current, components=kept)
    inputs = Inputs(layout, environment, charts.digests, seen=seen)
    asked = select.only(list(components.values()), only)
    disk = on_disk(layout, environment, seen)
    intact = {name: entry for name, entry in trusted.components.items() if _is_intact(disk, name, entry)}
    stale = {component.name for component in select.stale(inputs, asked, trusted)}
    # Rendered in any case, since edited files can't be kept.
    damaged = trusted.components.keys() - intact.keys()
    if only:
        _refuse_unknown(components.keys() - {each.name for each in asked} - trusted.components.keys(), environment)
    rendered = [each for name, each in components.items() if name in stale | damaged]
    return Plan(inputs, charts, components, rendered, trusted.components, intact, disk, revisions)


def _is_intact(disk: dict[str, str], name: str, entry: LockedComponent) -> bool:
    return all(disk.get(f"{unit}/{file}") == locked.sha256 for unit, file, locked in files({name: entry}))


def _refuse_unknown(names: set[str], environment: str) -> None:
    if names:
        raise PenstockError(
            f"-c was given, but {', '.join(sorted(names))} was never hydrated for {environment}",
            f"run `inv hydrate -e {environment}` without -c once",
        )
