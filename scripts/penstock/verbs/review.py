"""inv review: show what a change does to the clusters, how risky it is, and what Flux deletes."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from itertools import groupby
from pathlib import Path

import msgspec

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically
from penstock.core.nearest import did_you_mean
from penstock.hydrate.selection import Selection
from penstock.platform.environments import Wanted, shown
from penstock.platform.layout import find_platform
from penstock.review import report, settings
from penstock.review.groups import groups, totals
from penstock.review.markdown import field_lines, folded, markdown, touched
from penstock.review.merge import merged
from penstock.review.model import Change, Environment, Group, Review, What
from penstock.review.rehearsed import lines, read

_SIGNS = {
    "added": ("+", "green"),
    "changed": ("~", "yellow"),
    "removed": ("-", "red"),
    "moved": (">", "yellow"),
    "renamed": ("±", "red"),
}
_COLOURS = {"high": "red", "medium": "yellow", "low": "dim"}
_MOST_TOUCHED = 5


def review(
    base: str,
    head: str,
    environment: Wanted,
    format_: str,
    platform: str = "",
    output: str = "",
    rehearsal: str = "",
    shard: str = "",
) -> None:
    """Print the review in a format, or write it to the file `output`; exit with 1 if it fails.

    `rehearsal` is a file with what `inv rehearse --json` wrote. Raises PenstockError if it isn't, or if `output` can't
    be written.
    """
    target = _target(format_, output)
    layout = Selection(shard=shard).of(find_platform(platform))
    seen = read(Path(rehearsal)) if rehearsal else []
    _show(msgspec.structs.replace(report.review(layout, base, head, environment), rehearsals=seen), format_, target)


def merge(folder: str, format_: str, platform: str = "", output: str = "", rehearsal: str = "") -> None:
    """Print the review that those of several shards are together; raises the errors of `merged` and `review`."""
    target = _target(format_, output)
    found = merged(Path(folder), settings.read(find_platform(platform).root))
    if rehearsal:
        found = msgspec.structs.replace(found, rehearsals=read(Path(rehearsal)))
    _show(found, format_, target)


def _show(found: Review, format_: str, target: Path | None) -> None:
    if target:
        with redirect_stdout(io.StringIO()) as written:
            _FORMATS[format_](found)
        write_atomically(target, written.getvalue().encode())
    else:
        _FORMATS[format_](found)
    if format_ != "text":
        for note in found.notes:
            console.info(note)
    for line, hint in found.failures:
        console.error(line)
        console.hint(hint)
    if found.failures:
        sys.exit(1)


def _target(format_: str, output: str) -> Path | None:
    """Return the file to write, None for stdout; raises PenstockError for an unknown format or an impossible place."""
    if format_ not in _FORMATS:
        known = f"the formats are {', '.join(_FORMATS)}"
        raise PenstockError(f"unknown format `{format_}`", did_you_mean(format_, _FORMATS, known))
    if not output:
        return None
    path = Path(output)
    if path.is_dir() or not path.parent.is_dir():
        reason = "it is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise PenstockError(f"can't write {output}: {reason}", "give --output a file in a folder that exists")
    return path


def text(found: Review) -> None:
    """Print a review for a terminal."""
    console.info(f"{found.base} → {found.head}")
    for note in found.notes:
        console.info(note)
    every = [each.name for each in found.environments]
    for group in groups(found):
        _group(group, shown(group.environments, every))
    for same in totals(found):
        console.out(_summary(same.one, shown(same.environments, every)))
    for rehearsal in found.rehearsals:
        console.out(console.coloured(f"rehearsal of {rehearsal.environment}", "bold"))
        for line in lines(rehearsal):
            console.out(f"  {line}")


def _group(group: Group, names: str) -> None:
    for note in group.notes:
        console.info(f"{names}: {note}")
    if group.changes or group.hooks or group.risks:
        console.out(console.coloured(names, "bold"))
    for component, changes in groupby(group.loud, key=lambda one: one.component):
        console.out(f"  {component}")
        for change in changes:
            _change(change)
    if group.noise:
        console.out(f"  folded: {folded(group)}")
    for line in group.hooks:
        console.out(f"  {line}")
    for risk in group.risks:
        said = f"{risk.name}: {risk.message}" if risk.name else risk.message
        console.out(
            f"  {console.coloured(f'{risk.severity} {risk.risk}', _COLOURS[risk.severity])} {said} [{risk.rule}]"
        )


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
    for line in touched(change, _MOST_TOUCHED):
        console.out(f"      {line}")


def _summary(each: Environment, names: str) -> str:
    if not each.changes and not each.risks:
        return f"{names}: nothing changes{' in the cluster' if each.hooks else ''}"
    kinds: tuple[What, ...] = ("changed", "added", "removed", "moved", "renamed")
    counts = [f"{each.count(what)} {what}" for what in kinds if each.count(what) or what in kinds[:3]]
    pruned = f"; Flux deletes {len(each.prune.objects)}" if each.prune.objects else ""
    risks = f"; {_count(len(each.risks), 'risk')}, the highest is {each.highest}" if each.risks else "; no risks"
    return f"{names}: {', '.join(counts)}{pruned}{risks}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _html(found: Review) -> None:
    from penstock.review.page import page  # the import of Jinja takes long, and no other format needs it

    console.out(page(found).rstrip("\n"))


def _json(found: Review) -> None:
    whole = msgspec.structs.replace(found, groups=groups(found))
    console.out(msgspec.json.format(msgspec.json.encode(whole, enc_hook=str)).decode())


def _sarif(found: Review) -> None:
    # The gates take a while to import, and no other format needs them.
    from penstock.gates import reports
    from penstock.gates.finding import merged
    from penstock.gates.review import finding, guarded
    from penstock.gates.runner import Result

    risks = [risk for each in found.environments for risk in each.risks]
    findings = [*guarded(found), *(finding(risk, "error" if risk.severity == "high" else "warning") for risk in risks)]
    reports.report(Result("review", merged(findings), []), "sarif")


_FORMATS: dict[str, Callable[[Review], None]] = {
    "text": text,
    "markdown": lambda found: console.out(markdown(found).rstrip("\n")),
    "html": _html,
    "json": _json,
    "sarif": _sarif,
}
