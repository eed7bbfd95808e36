"""Compare the objects of one environment before and after a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from penstock.platform.layout import LOCK_NAME
from penstock.review import hooks
from penstock.review.effects import Declared
from penstock.review.fields import Field, compare
from penstock.review.follows import Applied, with_effects
from penstock.review.model import Effect
from penstock.review.step import Delta, pair
from penstock.review.world import Worlds


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An object that is added, changed or removed; `object` is its display name, such as Deployment demo/api."""

    what: str
    component: str
    object: str
    fields: list[Field] = []
    effects: list[Effect] = []


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """The changes to an environment. `stale` has the reasons why its manifests differ from its sources' output.

    `hooks` has the Helm hooks that are handled differently than before.
    """

    environment: str
    stale: list[str]
    changes: list[Change]
    hooks: list[str] = []

    def count(self, what: str) -> int:
        """Return how many objects are added, changed or removed."""
        return sum(change.what == what for change in self.changes)

    def objects(self, what: str) -> list[str]:
        """Return the objects with an effect."""
        return [change.object for change in self.changes if any(effect.what == what for effect in change.effects)]


def diffs(
    every: Sequence[Worlds], declared: Declared, stale: Mapping[str, list[str]], versions: Mapping[str, str]
) -> list[Diff]:
    """Compare environments at both ends, with the rules of the API server of each one's Kubernetes version.

    Raises PenstockError with the name of a file that contains no object.
    """
    applied = []
    for before, after, *_ in every:
        differing = [*pair(before, after, renames=False)]
        applied.append(Applied(differing, before, after, declared, versions.get(after.environment, "")))
    found = []
    for one, deltas in zip(applied, with_effects(applied), strict=True):
        name = one.after.environment
        decided = hooks.compare(*(world.files.get(LOCK_NAME, b"") for world in (one.before, one.after)))
        changes = sorted(map(_change, deltas), key=lambda change: (change.component, change.object))
        found.append(Diff(environment=name, stale=stale.get(name, []), changes=changes, hooks=decided))
    return found


def _change(delta: Delta) -> Change:
    return Change(
        what="changed" if delta.what == "moved" else delta.what,
        component=delta.item.component,
        object=str(delta.item),
        fields=[*compare(delta.old.content, delta.new.content)] if delta.old and delta.new else [],
        effects=[*delta.effects],
    )
