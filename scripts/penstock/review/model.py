"""The model of a review: what a change does to each environment. Every output is a function of it."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import msgspec

from penstock.review.part import Part
from penstock.review.rehearsal import Rehearsal

What = Literal["added", "removed", "changed", "moved", "renamed"]
Noise = Literal["", "checksum", "version", "order"]
Class = Literal["blocked", "data-loss", "outage", "privilege", "network", "supply-chain", "order", "visibility"]
Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


class Effect(msgspec.Struct, frozen=True):
    """One effect.

    `what` is rolled, recreated, refused, pruned, kept, unmanaged, moved, needs, unread or reruns; `says` explains it.
    """

    what: str
    says: str


class FieldChange(Part, frozen=True):
    """A field that differs: `old` and `new`, or the diff `lines` of a long value.

    `noise` is the class of a difference that changes no behaviour by itself; empty for all others.
    """

    path: str
    old: Any = None
    new: Any = None
    lines: list[str] = []
    noise: Noise = ""


class Change(Part, frozen=True):
    """An object that differs. `object` is its id (group/Kind/namespace/name), `name` its form in messages.

    `before` is the id under which a renamed object existed, or the component from which an object moved.
    """

    what: What
    object: str
    name: str
    component: str
    file: str
    before: str = ""
    fields: list[FieldChange] = []
    effects: list[Effect] = []
    touches: list[str] = []

    @property
    def quiet(self) -> bool:
        """Whether all of its differences are noise, and nothing follows from them, as pods that are rolled do."""
        return self.what == "changed" and not self.effects and all(field.noise for field in self.fields)


class Risk(Part, frozen=True):
    """A risk of the change, under a rule; `fix` is what to do. `file` is relative to the platform's root."""

    rule: str
    risk: Class
    severity: Severity
    environment: str
    object: str
    name: str
    message: str
    fix: str
    file: str = ""


class Prune(Part, frozen=True):
    """The objects that Flux will delete in an environment; `protected` are those of protected kinds."""

    objects: list[str] = []
    protected: list[str] = []
    acknowledged: int | None = None


class Component(Part, frozen=True):
    """A component that changes, that uses an object which changes, or that Flux applies right before or after those.

    `depends_on` are the components that its Flux Kustomization waits for; `uses` are those with the objects it uses.
    """

    name: str
    depends_on: list[str] = []
    uses: list[str] = []


class Environment(Part, frozen=True):
    """The changes to one environment. `notes` are lines about how the comparison was made.

    `components` are those that change, with their neighbours.
    """

    name: str
    changes: list[Change] = []
    risks: list[Risk] = []
    prune: Prune = Prune()
    components: list[Component] = []
    noise: dict[str, int] = {}
    hooks: list[str] = []
    notes: list[str] = []

    def count(self, what: What) -> int:
        """Return how many objects differ in this way."""
        return sum(change.what == what for change in self.changes)

    @property
    def highest(self) -> Severity | None:
        """The highest severity of its risks; None without risks."""
        return next((level for level in SEVERITIES if any(risk.severity == level for risk in self.risks)), None)


class Group(Part, frozen=True):
    """What is equal in some environments; file names and `environment` are those of the first of them."""

    environments: list[str]
    changes: list[Change] = []
    risks: list[Risk] = []
    prunes: list[Prune] = []
    hooks: list[str] = []
    notes: list[str] = []

    @property
    def loud(self) -> list[Change]:
        """The changes that aren't noise."""
        return [change for change in self.changes if not change.quiet]

    @property
    def noise(self) -> dict[str, int]:
        """The number of differences that are noise, by class."""
        return dict(Counter(field.noise for change in self.changes for field in change.fields if field.noise))


class Review(Part, frozen=True):
    """The comparison of two ends: commits, or the working tree, whose name is `working tree`.

    `failures` are the lines for which the review fails, each with its fix. `unguarded` is that of the deletion guard,
    which holds in the environments `guarded`. `groups` has all that happens once, with the environments that it is
    equal in; it is computed for the JSON alone.
    """

    base: str
    head: str
    environments: list[Environment]
    groups: list[Group] = []
    rehearsals: list[Rehearsal] = []
    notes: list[str] = []
    failures: list[tuple[str, str]] = []
    unguarded: tuple[str, str] | None = None
    guarded: list[str] = []
