"""inv review: show what a change does to the clusters, how risky it is, and what Flux deletes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import groupby

import msgspec

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.gates import reports
from penstock.gates.finding import merged
from penstock.gates.review import finding, guarded
from penstock.gates.runner import Result
from penstock.platform.environments import Wanted
from penstock.platform.layout import find_platform
from penstock.review import report
from penstock.review.markdown import field_lines, folded, markdown
from penstock.review.model import Change, Environment, Review, What

_SIGNS = {
    "added": ("+", "green"),
    "changed": ("~", "yellow"),
    "removed": ("-", "red"),
    "moved": (">", "yellow"),
    "renamed": ("±", "red"),
}
_COLOURS = {"high": "red", "medium": "yellow", "low": "dim"}
_MOST_TOUCHED = 5


def review(base: str, head: str, environment: Wanted, format_: str, platform: str = "") -> None:
    """Print the review in a format; exit with 1 if it fails."""
    if format_ not in _FORMATS:
        known = f"the formats are {', '.join(_FORMATS)}"
        raise PenstockError(f"unknown format `{format_}`", did_you_mean(format_, _FORMATS, known))
    found = report.review(find_platform(platform), base, head, environment)
    _FORMATS[format_](found)
    if format_ != "text":
        for note in found.notes:
            console.info(note)
    for line, hint in found.failures:
        console.error(line)
        console.hint(hint)
    if found.failures:
        sys.exit(1)


def _text(found: Review) -> None:
    console.info(f"{found.base} → {found.head}")
    for note in found.notes:
        console.info(note)
    for each in found.environments:
        _environment(each)


def _environment(each: Environment) -> None:
    for note in each.notes:
        console.info(f"{each.name}: {note}")
    if not each.changes and not each.risks:
        console.out(f"{each.name}: nothing changes{' in the cluster' if each.hooks else ''}")
        return
    console.out(console.coloured(each.name, "bold"))
    loud = [change for change in each.changes if not change.quiet]
    for component, changes in groupby(sorted(loud, key=lambda one: one.component), key=lambda one: one.component):
        console.out(f"  {component}")
        for change in changes:
            _change(change)
    if each.noise:
        console.out(f"  folded: {folded(each)}")
    for line in each.hooks:
        console.out(f"  {line}")
    for risk in each.risks:
        shown = f"{risk.name}: {risk.message}" if risk.name else risk.message
        console.out(
            f"  {console.coloured(f'{risk.severity} {risk.risk}', _COLOURS[risk.severity])} {shown} [{risk.rule}]"
        )
    console.out(_summary(each))


def _change(change: Change) -> None:
    sign, colour = _SIGNS[change.what]
    was = f" (was {change.before})" if change.before else ""
    console.out(f"    {console.coloured(f'{sign} {change.name}', colour)}{was}")
    for field in change.fields:
        if not field.noise:
            for line in field_lines(field):
                console.out(f"      {line}")
    for effect in change.effects:
        console.out(f"      → {effect.says}")
    if change.touches:
        more = f" and {len(change.touches) - _MOST_TOUCHED} more" if len(change.touches) > _MOST_TOUCHED else ""
        console.out(f"      used by {', '.join(change.touches[:_MOST_TOUCHED])}{more}")


def _summary(each: Environment) -> str:
    kinds: tuple[What, ...] = ("changed", "added", "removed", "moved", "renamed")
    counts = [f"{each.count(what)} {what}" for what in kinds if each.count(what) or what in kinds[:3]]
    pruned = f"; Flux deletes {len(each.prune.objects)}" if each.prune.objects else ""
    risks = f"; {_count(len(each.risks), 'risk')}, the highest is {each.highest}" if each.risks else "; no risks"
    return f"{each.name}: {', '.join(counts)}{pruned}{risks}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _json(found: Review) -> None:
    console.out(msgspec.json.format(msgspec.json.encode(found, enc_hook=str)).decode())


def _sarif(found: Review) -> None:
    risks = [risk for each in found.environments for risk in each.risks]
    findings = [*guarded(found), *(finding(risk, "error" if risk.severity == "high" else "warning") for risk in risks)]
    reports.report(Result("review", merged(findings), []), "sarif")


_FORMATS: dict[str, Callable[[Review], None]] = {
    "text": _text,
    "markdown": lambda found: console.out(markdown(found).rstrip("\n")),
    "json": _json,
    "sarif": _sarif,
}
