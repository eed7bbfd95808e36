"""Make the review of a change: compare both ends of each environment, and apply the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.hydrate.lock import FORMAT
from penstock.platform import dataflow, environments, lineage
from penstock.platform.dataflow import Contract
from penstock.platform.environments import Wanted
from penstock.platform.layout import LOCK_NAME, Layout
from penstock.review import crd_changes, ends, guard, hooks, settings
from penstock.review.differences import compare
from penstock.review.ends import End
from penstock.review.follows import with_effects
from penstock.review.model import Change, Environment, FieldChange, Review, Risk
from penstock.review.neighbours import components
from penstock.review.reach import Touched, touched
from penstock.review.risks.rule import every
from penstock.review.settings import Settings
from penstock.review.step import Delta, Step, pair
from penstock.review.world import Parsed, World
from penstock.tools import git

_LARGE = 1024 * 1024
# The risks that a new environment adds to those of the one that it extends: nothing runs there that could be lost.
_OF_NEW = ("network", "privilege", "supply-chain")
_LOST = ("review/flow-denied", "review/hostname-lost")


def review(layout: Layout, base: str = "", head: str = "", environment: Wanted = None) -> Review:
    """Return the review from `base` to `head`; by default from the merge base with the default branch to the files.

    Raises PenstockError for an unknown revision or environment, a file without an object, and invalid settings.
    """
    with ends.ends(layout, base, head) as (old, new, notes):
        chosen = settings.read(new.layout.root)
        names = _names(layout, old, new, environment)
        parsed: Parsed = {}
        done = guard.acknowledged(git.trailers(layout.root, old.commit, new.commit, guard.KEY))
        every_one = [_environment(name, old, new, parsed, chosen, done) for name in names]
        return Review(
            base=old.name,
            head=new.name,
            environments=every_one,
            notes=notes,
            failures=list(_failures(every_one, chosen)),
            unguarded=guard.failure(every_one, chosen.prune),
            guarded=list(guard.needed(every_one, chosen.prune)),
        )


def _names(layout: Layout, old: End, new: End, environment: Wanted) -> list[str]:
    known = sorted(old.trees.keys() | new.trees.keys())
    patterns = [each for each in ([environment] if isinstance(environment, str) else environment or []) if each]
    for pattern in patterns:
        if not environments.matching(known, pattern):
            raise PenstockError(
                f"unknown environment `{pattern}`: neither end has manifests/{pattern}",
                did_you_mean(pattern, known, f"there are {', '.join(known)}"),
            )
    found = {name for pattern in patterns for name in environments.matching(known, pattern)} if patterns else {*known}
    if layout.limits is not None:
        # One that is no longer listed belongs to no share of the environments, so it is in each.
        found -= {*environments.names(layout)} - {*environments.chosen(layout)}
    return sorted(found)


def _environment(name: str, old: End, new: End, parsed: Parsed, chosen: Settings, done: dict[str, int]) -> Environment:
    model = _model(name, old, new)
    known = _as_if_of(name, model, new.trees[model]) if model else old.trees.get(name, {})
    before, after = World(name, known, parsed), World(name, new.trees.get(name, {}), parsed)
    notes = list(_notes(name, old, new, model))
    if before.files == after.files:
        return Environment(name=name, notes=notes)
    deltas = tuple(pair(before, after))
    if not model:  # what differs from the model is neither rolled nor pruned anywhere
        deltas = with_effects(deltas, before, after, ends.declared(new.layout), ends.version(new.layout, name))
    step = Step(before, after, deltas, (old.sources, new.sources))
    risks, unknown = _risks(step, chosen, bool(model))
    contract = _contract(new.layout)
    reached = {delta.ref: touched(delta, step, contract) for delta in step.deltas}
    changes = [_change(delta, step, reached[delta.ref]) for delta in step.deltas]
    shown = [change for change in changes if change.what != "changed" or change.fields or change.effects]
    return Environment(
        name=name,
        changes=shown,
        risks=risks,
        prune=guard.pruned(step, chosen.prune, done),
        components=components(step, reached),
        noise=dict(Counter(field.noise for change in shown for field in change.fields if field.noise)),
        hooks=hooks.compare(before.files.get(LOCK_NAME, b""), after.files.get(LOCK_NAME, b"")),
        notes=notes + unknown,
    )


def _model(name: str, old: End, new: End) -> str:
    """Return the environment that a new one extends, and is compared with: it has no cluster yet; empty if none."""
    if name in old.trees:
        return ""
    return next((each for each in lineage.names(new.layout, name)[1:] if each in new.trees), "")


def _as_if_of(name: str, model: str, tree: dict[str, bytes]) -> dict[str, bytes]:
    """Return a tree with the paths of another environment, which Flux's objects name."""
    theirs, ours = f"manifests/{model}/".encode(), f"manifests/{name}/".encode()
    return {path: text.replace(theirs, ours) for path, text in tree.items()}


def _notes(name: str, old: End, new: End, model: str) -> Iterator[str]:
    for end, other in ((old, new), (new, old)):
        if name not in end.trees:
            if model:
                yield f"the environment is new, and compared with {model}, which it extends"
                continue
            verb = "removed" if end is new else "added"
            yield f"the environment exists only at {other.name}: all of its objects are {verb}"
            continue
        found = ends.lock_format(end.trees[name].get(LOCK_NAME, b""))
        if found != FORMAT:
            shown = f"has format {found}, and this Penstock writes {FORMAT}" if found else "is missing or damaged"
            yield f"the lock at {end.name} {shown}: the manifests are compared as they are"
    if old.trees.get(name) != new.trees.get(name):
        for end in (old, new):
            lines = end.stale(name) if name in end.trees else []
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            if lines:
                yield f"stale at {end.name}, compared as it is: {lines[0]}{more}"


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


def _contract(layout: Layout) -> Contract | None:
    try:
        return dataflow.read(layout.root)
    except PenstockError:  # the gate dataflow reports it
        return None


def _failures(environments: list[Environment], chosen: Settings) -> Iterator[tuple[str, str]]:
    unguarded = guard.failure(environments, chosen.prune)
    if unguarded:
        yield unguarded
    alike: dict[str, list[str]] = {}
    for each in environments:
        count = Counter(risk.severity for risk in each.risks if chosen.fails(risk))
        if count:
            shown = ", ".join(f"{number} of severity {severity}" for severity, number in count.items())
            alike.setdefault(shown, []).append(each.name)
    fix = f"fix them, or switch a rule off for an object in {settings.FILE}, with the reason"
    yield from ((f"{', '.join(names)}: risks: {shown}", fix) for shown, names in alike.items())
