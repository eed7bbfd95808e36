"""Compare the objects of one environment before and after a change."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from penstock.kube.flux import is_left_alone
from penstock.kube.ref import ObjectRef
from penstock.platform.layout import LOCK_NAME
from penstock.review import effects, hooks, trees
from penstock.review.effects import Declared, Effect
from penstock.review.fields import Field, compare
from penstock.review.immutable import verdicts
from penstock.review.needs import Need, needs
from penstock.review.trees import Item, Objects
from penstock.tools.apicheck import Verdict


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
    before, after = trees.objects(environment, old), trees.objects(environment, new)
    changes = _changes(before, after, declared, version)
    decided = hooks.compare(old.get(LOCK_NAME, b""), new.get(LOCK_NAME, b""))
    return Diff(environment=environment, stale=stale, changes=changes, hooks=decided)


def _changes(before: Objects, after: Objects, declared: Declared, version: str) -> list[Change]:
    answers = _answers(before, after, version)
    read = {need for item in before.values() for need in needs(item)}
    read |= {("Secret", item.namespace, item.ref.name, "") for item in after.values() if item.kind == "Secret"}
    found = [_added(after[ref], read, declared) for ref in after.keys() - before.keys()]
    found += [
        Change(what="removed", component=old.component, object=str(old), effects=list(effects.of_removed(old)))
        for old in (before[ref] for ref in before.keys() - after.keys())
    ]
    found += [
        _changed(before[ref], after[ref], before, after, read, declared, answers.get(ref))
        for ref in after.keys() & before.keys()
        if before[ref] != after[ref]
    ]
    return sorted(found, key=lambda change: (change.component, change.object))


def _answers(before: Objects, after: Objects, version: str) -> dict[ObjectRef, Verdict]:
    """Return the API server's verdict on each change that Flux applies."""
    pairs = [
        (before[ref], new)
        for ref, new in after.items()
        if ref in before and before[ref].content != new.content and not is_left_alone(new.content)
    ]
    found = verdicts(pairs, after.values(), version)
    return {new.ref: verdict for (_, new), verdict in zip(pairs, found, strict=True)}


def _added(new: Item, read: set[Need], declared: Declared) -> Change:
    follows = [*effects.of_added(new), *effects.of_job(new), *effects.of_needs(new, read, declared)]
    return Change(what="added", component=new.component, object=str(new), effects=follows)


def _changed(
    old: Item,
    new: Item,
    before: Objects,
    after: Objects,
    read: set[Need],
    declared: Declared,
    answer: Verdict | None,
) -> Change:
    follows = [
        *effects.of_changed(old, new, answer),
        *effects.of_job(new),
        *effects.of_needs(new, read, declared),
        *effects.of_readers(new, before, after),
    ]
    fields = list(compare(old.content, new.content))
    return Change(what="changed", component=new.component, object=str(new), fields=fields, effects=follows)
