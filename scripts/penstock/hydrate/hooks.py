"""Helm hooks, which are refused unless the component's hooks.yaml decides how to handle each.

Flux doesn't run hooks. An applied hook becomes a plain object, before or after the rest of its component.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from penstock.core.errors import Findings, PenstockError
from penstock.core.model import Strict, convert
from penstock.core.nearest import did_you_mean
from penstock.core.once import once
from penstock.core.yaml import parse, utf8
from penstock.hydrate.lock import LockedComponent, LockedHook
from penstock.hydrate.parts import AFTER, BEFORE, part_name, units
from penstock.hydrate.rules import HOOK
from penstock.kube.ref import ObjectRef

if TYPE_CHECKING:  # a run that renders nothing doesn't import the renderer
    from penstock.tools.render import Object

FILE = "hooks.yaml"
_GUIDE = "docs/how-to/add-an-upstream-chart.md#hooks"
# In this order, since a new cluster needs an object where an install needs it. crd-install is Helm 2's; Flux always
# applies CRDs first.
_PHASES = {
    "pre-install": BEFORE,
    "post-install": AFTER,
    "pre-upgrade": BEFORE,
    "post-upgrade": AFTER,
    "crd-install": "",
}
_NEVER = ("pre-delete", "post-delete", "pre-rollback", "post-rollback", "test", "test-success", "test-failure")
# Kinds that run to completion: objects with a greater weight wait for them.
_ENDING = ("Job", "Pod")


class Decision(Strict, frozen=True, kw_only=True):
    """How to handle one hook. `at` overrides the phase of its events; no `environments` means all of them."""

    kind: str
    name: str
    namespace: str = ""
    action: Literal["apply", "omit"]
    at: Literal["pre-deploy", "post-deploy"] | None = None
    environments: list[str] = []
    reason: str = ""

    def means(self, ref: ObjectRef) -> bool:
        """Whether the decision is for this object."""
        return (self.kind, self.name) == (ref.kind, ref.name) and self.namespace in ("", ref.namespace)

    def __str__(self) -> str:
        """Return the name for messages: Job town/migrate."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class _File(Strict, frozen=True):
    hooks: list[Decision]


@dataclass(frozen=True)
class Policy:
    """A component's hooks.yaml for one environment. With `by_hand`, `inv up` applies the component before Flux.

    `inherited` are the decisions for environments that this one extends: it may lack their hooks.
    """

    component: str
    text: str = ""
    decisions: tuple[Decision, ...] = ()
    by_hand: bool = False
    inherited: tuple[Decision, ...] = ()

    @property
    def shown(self) -> str:
        """The file's path."""
        return f"components/{self.component}/{FILE}"


@dataclass(frozen=True)
class Decided:
    """The objects of a component by part, with an empty name for its own; and its hooks, including omitted ones."""

    parts: dict[str, list[Object]]
    hooks: tuple[tuple[Object, LockedHook], ...] = ()


def read(folder: Path, named: Sequence[str], known: Collection[str], by_hand: bool = False) -> Policy:
    """Return the policy in a component's folder for an environment and those that it extends, nearest first.

    Raises PenstockError for an unknown key or environment.
    """
    raw = _raw(folder)
    if raw is None:
        return Policy(folder.name, by_hand=by_hand)
    shown = f"components/{folder.name}/{FILE}"
    file = convert(parse(raw, shown), _File, shown, {shown: raw})
    for name in (name for each in file.hooks for name in each.environments):
        if name not in known:
            otherwise = f"helmfile.yaml has {', '.join(known)}"
            raise PenstockError(f"{shown}: unknown environment `{name}`", did_you_mean(name, known, otherwise))
    decisions = tuple(each for each in file.hooks if not each.environments or {*each.environments} & {*named})
    inherited = tuple(each for each in decisions if each.environments and named[0] not in each.environments)
    return Policy(folder.name, utf8(raw, shown), decisions, by_hand, inherited)


@once
def _raw(folder: Path) -> bytes | None:
    path = folder / FILE
    if path.with_suffix(".yml").exists():
        raise PenstockError(f"components/{folder.name}/hooks.yml is not read", f"rename it to {FILE}")
    return path.read_bytes() if path.is_file() else None


def decide(policy: Policy, objects: list[Object]) -> Decided:
    """Split a component's objects by its policy; raises Findings for an undecided hook or a useless entry."""
    hooks = [item for item in objects if item.hooks]
    chosen = [(item, _decision(policy, item)) for item in hooks]
    _refuse_unused(policy, hooks)
    _refuse_undecided(policy, [item for item, decision in chosen if decision is None])
    decided = [(item, decision) for item, decision in chosen if decision is not None]
    findings = [line for item, decision in decided for line in _refused(policy, item, decision)]
    if findings:
        raise Findings(findings, f"nothing was written; {_GUIDE} shows what Flux can keep", HOOK)
    parts: dict[str, list[Object]] = {"": [item for item in objects if not item.hooks]}
    for phase in ("", BEFORE, AFTER):
        parts = _joined(parts, phase, [item for item, decision in decided if _applied_at(item, decision) == phase])
    locked = tuple((item, LockedHook(events=_events(item), action=decision.action)) for item, decision in decided)
    return Decided(parts, locked)


def described(name: str, component: LockedComponent) -> list[str]:
    """Return a line for each hook of a component in the lock, with how it is handled."""
    places = {locked.id: unit for unit, part in units({name: component}).items() for locked in part.files.values()}
    found = []
    for identity, hook in component.hooks.items():
        never = [event for event in hook.events.split(",") if event in _NEVER]
        why = f": Flux never runs {', '.join(never)}" if never else ""
        handling = "is left out" if hook.action == "omit" else f"is applied as a plain object by {places[identity]}"
        found.append(f"components/{name}: {ObjectRef.parse(identity)}, a hook of Helm ({hook.events}), {handling}{why}")
    return found


def _joined(parts: dict[str, list[Object]], phase: str, items: list[Object]) -> dict[str, list[Object]]:
    """Add the objects of a phase, with a separate part for each weight at which a Job or Pod must complete first."""
    weights = sorted({item.hook_weight for item in items if item.object_kind in _ENDING}) if phase else []
    for item in items:
        level = min(sum(weight < item.hook_weight for weight in weights), max(len(weights) - 1, 0))
        parts.setdefault(part_name(phase, level + 1), []).append(item)
    return parts


def _decision(policy: Policy, item: Object) -> Decision | None:
    found = [each for each in policy.decisions if each.means(item.ref)]
    if len(found) > 1:
        raise PenstockError(f"{policy.shown}: {found[0]} is listed twice", "keep one of the entries")
    return found[0] if found else None


def _applied_at(item: Object, decision: Decision) -> str | None:
    """Return the phase of a hook; None if it is omitted, or if none of its events has a phase in Flux."""
    if decision.action == "omit":
        return None
    return decision.at or next((phase for event, phase in _PHASES.items() if event in item.hooks), None)


def _refused(policy: Policy, item: Object, decision: Decision) -> Iterator[str]:
    if decision.action == "omit":
        if decision.at:
            yield f"{policy.shown}: {decision} is left out, so `at: {decision.at}` means nothing"
        return
    if _unknown(item):
        yield f"{policy.shown}: {decision} can't be applied: {_unknown(item)}. Omit it too"
    elif all(event in _NEVER for event in item.hooks):
        yield f"{policy.shown}: {decision} can't be applied: Flux never runs {_events(item)}. Omit it"
    elif policy.by_hand and _applied_at(item, decision) == BEFORE:
        yield (
            f"{policy.shown}: {decision} can't come first: `inv up` applies components/{policy.component} before Flux "
            "(cluster.bootstrap). Omit it"
        )


def _refuse_unused(policy: Policy, hooks: list[Object]) -> None:
    for each in policy.decisions:
        if each not in policy.inherited and not any(each.means(item.ref) for item in hooks):
            known = [f"{item.object_kind} {item.name}" for item in hooks]
            present = f"the hooks are {', '.join(known)}" if known else "the component renders no hook"
            raise PenstockError(
                f"{policy.shown}: {each} is no hook of Helm here",
                did_you_mean(
                    f"{each.kind} {each.name}",
                    known,
                    f"{present}: take the entry out, or list under its `environments:` those that render it",
                ),
            )


def _refuse_undecided(policy: Policy, hooks: list[Object]) -> None:
    if hooks:
        findings = [
            f"components/{policy.component}: {item.object_kind} {item.name} is a hook of Helm ({_events(item)}), "
            f"rendered by {item.source}, and nothing here runs hooks{_never(item)}"
            for item in hooks
        ]
        lines = "\n".join(_suggested(item) for item in hooks)
        verb = "add to" if policy.text else "write"
        raise Findings(
            findings,
            f"turn it off by a value of the chart, or {verb} {policy.shown}, as {_GUIDE} shows:\nhooks:\n{lines}",
            HOOK,
        )


def _suggested(item: Object) -> str:
    where = f", namespace: {item.namespace}" if item.namespace else ""
    applies = any(event in _PHASES for event in item.hooks) and not _unknown(item)
    return f"- {{kind: {item.object_kind}, name: {item.name}{where}, action: {'apply' if applies else 'omit'}}}"


def _never(item: Object) -> str:
    if _unknown(item):
        return f"; {_unknown(item)}"
    never = [event for event in item.hooks if event in _NEVER]
    return f"; Flux never runs {', '.join(never)}" if never else ""


def _unknown(item: Object) -> str:
    """Return how Helm handles a hook with an unknown event; empty if all are known."""
    unknown = [event for event in item.hooks if event not in (*_PHASES, *_NEVER)]
    return f"Helm knows no hook `{unknown[0]}` and leaves the object out" if unknown else ""


def _events(item: Object) -> str:
    return ",".join(item.hooks)
