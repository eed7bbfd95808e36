"""Choose the environments of a run: by names and patterns, by what a change can touch, and by shards."""

from __future__ import annotations

from dataclasses import dataclass, replace

from penstock.core import console
from penstock.hydrate import destinations, index
from penstock.platform import environments
from penstock.platform.layout import LOCK_NAME, Layout, Limit
from penstock.platform.shard import shard

_SHOWN = 5


@dataclass(frozen=True)
class Selection:
    """What a user chose; by default all environments.

    `environments` are names and patterns. `changed` is the base of a change, empty for the default one and None for
    everything. `shard` is a share such as `3/8` of what these choose.
    """

    environments: tuple[str, ...] = ()
    changed: str | None = None
    shard: str = ""

    def of(self, layout: Layout) -> Layout:
        """Return the platform, limited to the chosen environments.

        Raises PenstockError for a pattern without an environment, an unknown base, and a share that is none.
        """
        if self == Selection():
            return layout
        share = shard(self.shard) if self.shard else None
        names = environments.pick(layout, self.environments)
        limits = {name: Limit(name) for name in names}
        if self.changed is not None:
            # Imported here: the fast check of everything needs none of it.
            from penstock.hydrate.touched import touched

            limits = {each.environment: each for each in touched(layout, self.changed) if each.environment in limits}
        kept = share.of({name: cost(layout, name) for name in limits}) if share else sorted(limits)
        if share or self.changed is not None:
            shown = f": {', '.join(kept[:_SHOWN])}{', …' if len(kept) > _SHOWN else ''}" if kept else ""
            console.info(f"limited to {len(kept)} of {len(names)} environments{shown}")
        return replace(layout, limits=tuple(limits[name] for name in kept))

    def present(self, layout: Layout) -> Layout:
        """Return `of` without the environments whose own branch isn't checked out, and warn about them.

        Raises PenstockError for one that was chosen by name, and the errors of `of`.
        """
        return destinations.present(self.of(layout), any(self.environments))

    def checked_out(self, layout: Layout) -> Layout:
        """Return `present` without the environments that a sparse checkout leaves out, and warn about them.

        Raises PenstockError for one that was chosen by name, and the errors of `present`.
        """
        limited = self.present(layout)
        names = environments.chosen(limited)
        git = None if all(map(limited.has_tree, names)) else index.read(limited)
        kept = index.present(git, limited, names, any(self.environments)) if git else names
        if kept == names:
            return limited
        limits = limited.limits if limited.limits is not None else map(Limit, names)
        return replace(limited, limits=tuple(each for each in limits if each.environment in kept))


def cost(layout: Layout, environment: str) -> int:
    """Return what an environment costs, as the size of its lock: that grows with its objects; 1 without a lock."""
    path = layout.tree(environment) / LOCK_NAME
    return path.stat().st_size if path.is_file() else 1
