"""Decide which components a hydration renders and which it keeps."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import msgspec

from penstock.core.errors import PenstockError
from penstock.hydrate import lock, select
from penstock.hydrate.charts import Charts
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.parts import units
from penstock.hydrate.select import Component, Inputs
from penstock.hydrate.tree import Links, on_disk
from penstock.platform import environments
from penstock.platform.layout import Layout


@dataclass(frozen=True)
class Plan:
    """The components of an environment by name, and those to render.

    `locked` has the lock's entries, none if the lock isn't trusted; `intact` those whose files on disk match the lock.
    `disk` maps the paths of the tree's files to their SHA-256.
    """

    inputs: Inputs
    charts: Charts
    components: dict[str, Component]
    rendered: list[Component]
    locked: dict[str, LockedComponent]
    intact: dict[str, LockedComponent]
    disk: dict[str, str]

    def digest(self, component: str, used: list[str]) -> str:
        """Return the digest of a component's inputs; `used` are its charts."""
        return self.inputs.of(self.components[component], used)


def plan(
    layout: Layout,
    environment: str,
    only: list[str],
    charts: Charts,
    folders: dict[Path, bytes],
    links: Links,
    *,
    afresh: Collection[str] | None,
) -> Plan:
    """Compare inputs and tree with the lock; raises PenstockError for an unknown environment or component.

    `only` limits the rendering to these components and those whose files were edited by hand. The lock's entries of the
    components in `afresh` aren't trusted; no entry is if it is None. `folders` and `links` cache digests for the next
    environment.
    """
    environments.read(layout, environment)
    components = {each.name: each for each in select.components(layout, environment)}
    current = lock.read(layout.tree(environment), f"manifests/{environment}")
    kept = {} if afresh is None else {name: current.components[name] for name in current.components.keys() - {*afresh}}
    trusted = msgspec.structs.replace(current, components=kept)
    inputs = Inputs(layout, environment, charts.digests, folders=folders)
    asked = select.only(list(components.values()), only)
    disk = on_disk(layout, environment, links=links)
    intact = {name: entry for name, entry in trusted.components.items() if _is_intact(disk, name, entry)}
    stale = {component.name for component in select.stale(inputs, asked, trusted)}
    # Rendered in any case, since edited files can't be kept.
    damaged = trusted.components.keys() - intact.keys()
    if only:
        _refuse_unknown(components.keys() - {each.name for each in asked} - trusted.components.keys(), environment)
    rendered = [each for name, each in components.items() if name in stale | damaged]
    return Plan(inputs, charts, components, rendered, trusted.components, intact, disk)


def _is_intact(disk: dict[str, str], name: str, entry: LockedComponent) -> bool:
    return all(
        disk.get(f"{unit}/{file}") == locked.sha256
        for unit, part in units({name: entry}).items()
        for file, locked in part.files.items()
    )


def _refuse_unknown(names: set[str], environment: str) -> None:
    if names:
        raise PenstockError(
            f"-c was given, but {', '.join(sorted(names))} was never hydrated for {environment}",
            f"run `inv hydrate -e {environment}` without -c once",
        )
