"""Compare the objects of one environment before and after a change."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from penstock.platform.layout import LOCK_NAME
from penstock.review import hooks
from penstock.review.effects import Declared, Effect
from penstock.review.fields import Field, compare
from penstock.review.follows import Applied, with_effects
from penstock.review.step import pair
from penstock.review.world import Parsed, World


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


def diff(
    environment: str,
    old: Mapping[str, bytes],
    new: Mapping[str, bytes],
    declared: Declared,
    stale: list[str],
    version: str = "",
) -> Diff:
    """Compare two trees, as texts by path, with the rules of an API server of this Kubernetes version.

    Raises PenstockError with the name of a file that contains no object.
    """
    if old == new:
        return Diff(environment=environment, stale=stale, changes=[])
    parsed: Parsed = {}
    before, after = World(environment, old, parsed), World(environment, new, parsed)
    [deltas] = with_effects([Applied([*pair(before, after, renames=False)], before, after, declared, version)])
    changes = [
        Change(
            what="changed" if delta.what == "moved" else delta.what,
            component=delta.item.component,
            object=str(delta.item),
            fields=[*compare(delta.old.content, delta.new.content)] if delta.old and delta.new else [],
            effects=[*delta.effects],
        )
        for delta in deltas
    ]
    return Diff(
        environment=environment,
        stale=stale,
        changes=sorted(changes, key=lambda change: (change.component, change.object)),
        hooks=hooks.compare(old.get(LOCK_NAME, b""), new.get(LOCK_NAME, b"")),
    )
