"""Compare environments at both ends: the objects that differ, the risks of that, and what Flux deletes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from penstock.core.errors import PenstockError
from penstock.platform import lineage
from penstock.platform.layout import LOCK_NAME
from penstock.review import crd_changes, ends, guard, hooks
from penstock.review.differences import compare
from penstock.review.ends import End
from penstock.review.follows import Applied, with_effects
from penstock.review.model import Change, Environment, FieldChange, Risk
from penstock.review.neighbours import components
from penstock.review.reach import Touched, touched
from penstock.review.risks.rule import every
from penstock.review.settings import Settings
from penstock.review.step import Delta, Step, pair
from penstock.review.world import Worlds
from penstock.tools import revisions

_LARGE = 1024 * 1024
# The risks that a new environment adds to those of the one that it extends: nothing runs there that could be lost.
_OF_NEW = ("network", "privilege", "supply-chain")
_LOST = ("review/flow-denied", "review/hostname-lost")


def environments(every_one: Sequence[Worlds], old: End, new: End, chosen: Settings) -> Iterator[Environment]:
    """Yield what changes in each environment; raises PenstockError for a file without an object."""
    root = new.sources.platform.root
    done = guard.acknowledged(revisions.trailers(root, old.commit, new.commit, guard.KEY))
    deltas = [tuple(pair(one.before, one.after)) for one in every_one]
    # What differs from the environment that a new one extends is neither rolled nor pruned anywhere.
    applied = {
        one.after.environment: Applied(
            found, one.before, one.after, new.sources.declared, ends.version(new.layout, one.after.environment)
        )
        for one, found in zip(every_one, deltas, strict=True)
        if not one.is_new
    }
    followed = dict(zip(applied, with_effects([*applied.values()]), strict=True))
    for one, found in zip(every_one, deltas, strict=True):
        step = Step(one.before, one.after, followed.get(one.after.environment, found), (old.sources, new.sources))
        yield _environment(step, one, chosen, done)


def _environment(step: Step, worlds: Worlds, chosen: Settings, done: dict[str, int]) -> Environment:
    risks, unknown = _risks(step, chosen, worlds.is_new)
    contract = step.sources[1].contract
    reached = {delta.ref: touched(delta, step, contract) for delta in step.deltas}
    changes = [_change(delta, step, reached[delta.ref]) for delta in step.deltas]
    shown = [change for change in changes if change.what != "changed" or change.fields or change.effects]
    return Environment(
        name=step.environment,
        changes=shown,
        risks=risks,
        prune=guard.pruned(step, chosen.prune, done),
        components=components(step, reached),
        noise=dict(Counter(field.noise for change in shown for field in change.fields if field.noise)),
        hooks=hooks.compare(step.before.files.get(LOCK_NAME, b""), step.after.files.get(LOCK_NAME, b"")),
        notes=[*worlds.notes, *unknown],
    )


def _risks(step: Step, chosen: Settings, is_new: bool) -> tuple[list[Risk], list[str]]:
    """Return the risks that are not switched off, the highest first, and a line for each rule that can't be applied."""
    found: dict[Risk, None] = {}
    unknown: list[str] = []
    for rule in every():
        if is_new and (rule.risk not in _OF_NEW or rule.rule.id in _LOST):
            continue
        try:
            for hit in rule.check(step):
                item = hit.item
                risk = Risk(
                    rule=rule.rule.id,
                    risk=rule.risk,
                    severity=rule.severity,
                    environment=step.environment,
                    object=item.ref.id if item else "",
                    name=str(item) if item else "",
                    message=hit.text,
                    fix=rule.rule.fix,
                    file=item.file if item else "",
                )
                found[risk] = None
        except PenstockError as error:
            unknown.append(f"{rule.rule.id} can't be applied: {error.message}")
    named = lineage.names(step.sources[1].layout, step.environment)
    kept = [risk for risk in found if not any(one.covers(risk, named) for one in chosen.disabled)]
    order = ("high", "medium", "low")
    return sorted(kept, key=lambda risk: (order.index(risk.severity), risk.risk, risk.rule, risk.name)), unknown


def _change(delta: Delta, step: Step, reached: Touched) -> Change:
    old, new = delta.old, delta.new
    before = ""
    if old and new:
        before = old.ref.id if delta.what == "renamed" else old.component if delta.what == "moved" else ""
    return Change(
        what=delta.what,
        object=delta.ref.id,
        name=str(delta.item),
        component=delta.item.component,
        file=delta.item.file,
        before=before,
        fields=_fields(delta, step),
        effects=list(delta.effects),
        touches=reached.names,
    )


def _fields(delta: Delta, step: Step) -> list[FieldChange]:
    old, new = delta.old, delta.new
    if not old or not new:
        return []
    size = max(len(step.before.text(old)), len(step.after.text(new)))
    if size > _LARGE:
        shown = f"(larger than 1 MiB: {size} bytes, not compared field by field)"
        return [FieldChange(path="(object)", old=None, new=shown)]
    return compare(old.content, new.content, _schema(step, new.ref.group, new.ref.kind, str(new.content["apiVersion"])))


def _schema(step: Step, group: str, kind: str, version: str) -> object:
    """The schema of a custom resource's version; None for a kind that the manifests don't define."""
    for definition in step.after.of("CustomResourceDefinition") if "." in group else ():
        spec = definition.content.get("spec") or {}
        if spec.get("group") == group and (spec.get("names") or {}).get("kind") == kind:
            return crd_changes.schema_of(definition.content, version.rpartition("/")[2])
    return None
