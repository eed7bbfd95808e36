"""What the page shows, computed from the review; the templates only write it down."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain, count, groupby
from typing import Literal

from penstock.kube.ref import ObjectRef
from penstock.platform.environments import shown
from penstock.review import groups
from penstock.review.markdown import NOISE, value
from penstock.review.model import SEVERITIES, Change, FieldChange, Prune, Review, Risk, Severity
from penstock.review.page.graph import Graph, graph
from penstock.review.page.timeline import Timeline, timelines
from penstock.review.rehearsal import Rehearsal

_MOST_LINES, _WIDEST = 200, 2000
_HANDFUL = 8
Title = Severity | Literal["no risk", "nothing changes"]
_TITLES: tuple[Title, ...] = (*SEVERITIES, "no risk", "nothing changes")
_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Cells:
    """A line of the table of environments: those with the same numbers."""

    environments: tuple[str, ...]
    counts: dict[str, int]
    pruned: int
    risks: dict[Severity, int]
    highest: Severity | None
    nothing: bool


@dataclass(frozen=True)
class Tile:
    """An environment of a fleet; `anchor` is that of the section with what happens in it, empty if nothing does."""

    name: str
    anchor: str


@dataclass(frozen=True)
class Level:
    """The environments of a fleet with the same highest risk, `no risk`, or `nothing changes`."""

    title: Title
    tiles: list[Tile]


@dataclass(frozen=True)
class Field:
    """A field with the lines of its diff: a sign, which is +, -, @ or a space, and the text. `more` are left out."""

    path: str
    lines: tuple[tuple[str, str], ...]
    more: int = 0


@dataclass(frozen=True)
class Thing:
    """An object that differs, in some environments. `anchor` is unique in the page."""

    anchor: str
    change: Change
    kind: str
    place: str
    environments: tuple[str, ...]
    risks: tuple[Risk, ...]
    fields: tuple[Field, ...]
    noise: tuple[Field, ...]
    folded: str

    @property
    def highest(self) -> Severity | None:
        """The highest severity of its risks."""
        return next((level for level in SEVERITIES if any(risk.severity == level for risk in self.risks)), None)

    @property
    def effects(self) -> list[str]:
        """What follows on the cluster, apart from what a risk says in the same words."""
        return [effect.says for effect in self.change.effects if effect.says not in {one.message for one in self.risks}]

    @property
    def classes(self) -> str:
        """The classes of its risks, separated by spaces."""
        return " ".join(sorted({risk.risk for risk in self.risks}))


@dataclass(frozen=True)
class Danger:
    """A risk in some environments; `anchor` is that of its object, empty if that doesn't differ."""

    risk: Risk
    environments: tuple[str, ...]
    anchor: str
    component: str
    kind: str


@dataclass(frozen=True)
class View:
    """The page. `filters` has the values by which it can be filtered, by dimension.

    `sets` are the environments in which something is equal; the page has the names of each once. `fleet` is empty for
    a handful of environments.
    """

    review: Review
    table: list[Cells]
    fleet: list[Level]
    notes: list[groups.Same[str]]
    sets: dict[tuple[str, ...], int]
    dangers: list[Danger]
    prunes: list[groups.Same[Prune]]
    components: list[tuple[str, list[Thing]]]
    graphs: list[tuple[tuple[str, ...], Graph]]
    rehearsals: list[tuple[Rehearsal, list[Timeline]]]
    filters: dict[str, list[str]]

    @property
    def count(self) -> int:
        """How many objects differ; one that differs alike in some environments counts once."""
        return sum(len(things) for _, things in self.components)

    def shown(self, environments: tuple[str, ...]) -> str:
        """The names of some environments, in a few words."""
        return shown(environments, [each.name for each in self.review.environments])


def view(review: Review) -> View:
    """Return what the page shows."""
    dangerous = groups.risks(review)
    things = _things(review, dangerous)
    found: dict[tuple[str, str], Thing] = {
        (name, environment): thing
        for thing in things
        for environment in thing.environments
        for name in (thing.change.object, thing.change.before)
    }
    dangers = [_danger(same, found.get((same.one.object, same.environments[0]))) for same in dangerous]
    by_component = groupby(things, key=lambda thing: thing.change.component)
    table, notes, prunes, graphs = _table(review), _notes(review), groups.prunes(review), groups.components(review)
    sets = [each.environments for listed in (table, things, dangers, notes, prunes, graphs) for each in listed]
    sets += [(each.environment,) for each in review.rehearsals]
    return View(
        review=review,
        table=table,
        fleet=_fleet(review) if len(review.environments) > _HANDFUL else [],
        notes=notes,
        sets={names: number for number, names in enumerate(dict.fromkeys(sets))},
        dangers=dangers,
        prunes=prunes,
        components=[(component, list(each)) for component, each in by_component],
        graphs=[(same.environments, graph(same.one[0], frozenset(same.one[1]))) for same in graphs],
        rehearsals=[(each, timelines(each)) for each in review.rehearsals],
        filters={
            "environment": [each.name for each in review.environments],
            "component": sorted({thing.change.component for thing in things}),
            "class": sorted({danger.risk.risk for danger in dangers}),
            "kind": sorted({thing.kind for thing in things} | {danger.kind for danger in dangers} - {""}),
        },
    )


def _table(review: Review) -> list[Cells]:
    return [
        Cells(
            environments=same.environments,
            counts=dict(Counter(change.what for change in same.one.changes)),
            pruned=len(same.one.prune.objects),
            risks=dict(Counter(risk.severity for risk in same.one.risks)),
            highest=same.one.highest,
            nothing=not (same.one.changes or same.one.risks or same.one.hooks),
        )
        for same in groups.totals(review)
    ]


def _fleet(review: Review) -> list[Level]:
    found: dict[Title, list[Tile]] = {}
    for each in review.environments:
        anchor = "risks" if each.risks else "objects" if each.changes else ""
        title: Title = each.highest or ("no risk" if anchor else "nothing changes")
        found.setdefault(title, []).append(Tile(each.name, anchor))
    return [Level(title, found[title]) for title in _TITLES if title in found]


def _notes(review: Review) -> list[groups.Same[str]]:
    return groups.same((each.name, note) for each in review.environments for note in (*each.notes, *each.hooks))


def _things(review: Review, dangerous: list[groups.Same[Risk]]) -> list[Thing]:
    taken: set[str] = set()
    by_object: dict[str, list[groups.Same[Risk]]] = {}
    for same in dangerous:
        by_object.setdefault(same.one.object, []).append(same)
    found = []
    for each in groups.changes(review):
        change = each.one
        ref = ObjectRef.parse(change.object)
        names = (change.object, change.before) if change.what == "renamed" else (change.object,)
        risks = [
            same.one
            for name in names
            for same in by_object.get(name, [])
            if {*same.environments} & {*each.environments}
        ]
        noisy = [field for field in change.fields if field.noise]
        found.append(
            Thing(
                anchor=_anchor(change.object, taken),
                change=change,
                kind=ref.kind,
                place=f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name,
                environments=each.environments,
                risks=tuple(risks),
                fields=tuple(_field(field) for field in change.fields if not field.noise),
                noise=tuple(map(_field, noisy)),
                folded=_folded(noisy),
            )
        )
    return found


def _anchor(name: str, taken: set[str]) -> str:
    """Return an id for an object in the page that isn't taken, and take it."""
    first = f"object-{_UNSAFE.sub('-', name).strip('-')}"
    numbers = (f"{first}-{number}" for number in count(2))
    found = next(one for one in chain([first], numbers) if one not in taken)
    taken.add(found)
    return found


def _danger(same: groups.Same[Risk], thing: Thing | None) -> Danger:
    kind = ObjectRef.parse(same.one.object).kind if same.one.object else ""
    component = thing.change.component if thing else same.one.file.split("/")[2] if same.one.file.count("/") > 2 else ""
    return Danger(same.one, same.environments, thing.anchor if thing else "", component, kind)


def _folded(noisy: list[FieldChange]) -> str:
    counts = Counter(field.noise for field in noisy)
    return ", ".join(f"{number} {NOISE[name]}{'' if number == 1 else 's'}" for name, number in sorted(counts.items()))


def _field(field: FieldChange) -> Field:
    if field.lines:
        kept = field.lines[:_MOST_LINES]
        lines = tuple((line[:1], _short(line[1:] if line[:1] in "+- " else line)) for line in kept)
        return Field(field.path, lines, len(field.lines) - len(kept))
    pairs = ((sign, one) for sign, one in (("-", field.old), ("+", field.new)) if one is not None)
    return Field(field.path, tuple((sign, _short(value(one))) for sign, one in pairs))


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"
