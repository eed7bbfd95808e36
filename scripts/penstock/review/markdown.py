"""The review as Markdown, for a comment on a pull request: tables first, details folded.

GitHub refuses a comment of more than 65,536 characters. A longer review loses details first, then entries of its lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import msgspec

from penstock.platform.environments import shown
from penstock.review.groups import groups, totals
from penstock.review.model import Change, Environment, FieldChange, Group, Review, Risk
from penstock.review.rehearsed import lines

NOISE = {"checksum": "checksum annotation", "version": "version label", "order": "reordering"}
_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "→", "renamed": "±"}
_MARKS = {"high": "🔴 high", "medium": "🟠 medium", "low": "🟡 low"}
LIMIT = 60_000
"""Bytes; the rest of GitHub's limit is for what a workflow adds, such as the link to the page."""
_MOST_LINES = 30
_WIDEST = 200
_LONGEST = 1000
_REST = "`inv review --format json` has all"


@dataclass(frozen=True)
class Room:
    """How much of each group is shown: objects in detail, lines of a field, entries of other lists, and risks."""

    changes: int
    lines: int
    items: int
    risks: int


_MANY = 1_000_000
_ROOMS = (
    Room(_MANY, _MOST_LINES, _MANY, _MANY),
    Room(200, 8, 500, 200),
    Room(50, 4, 200, 100),
    Room(10, 4, 50, 50),
    Room(0, 0, 10, 10),
    Room(0, 0, 0, 3),
)


def markdown(review: Review, limit: int = LIMIT) -> str:
    """Return the document, with as much detail as the limit in bytes has room for."""
    found, alike = "", groups(review)
    for room in _ROOMS:
        found = "\n".join(_document(review, alike, room)) + "\n"
        if _size(found) <= limit:
            return found
    return _cut(found, limit)


def _cut(text: str, limit: int) -> str:
    """Return the first lines of a text without folded parts, for a review of hundreds of environments."""
    end = f"\n\n> … cut at the limit of a comment: {_REST}\n"
    kept, left = [], limit - _size(end)
    for line in text.splitlines():
        left -= _size(line) + 1
        if left < 0:
            break
        kept.append(line)
    return "\n".join(kept) + end


def _size(text: str) -> int:
    return len(text.encode())


def _document(review: Review, alike: list[Group], room: Room) -> Iterator[str]:
    yield f"## Review: {_inline(review.base)} → {_inline(review.head)}"
    yield ""
    for line, fix in review.failures:
        yield f"> **{_inline(line)}**\\\n> {_inline(fix)}\n"
    yield from (f"> {_inline(note)}\n" for note in review.notes)
    every = [each.name for each in review.environments]
    if not any(each.changes or each.risks or each.hooks for each in review.environments):
        yield "Nothing changes in the cluster."
    else:
        yield "| environment | changed | added | removed | moved, renamed | pruned | highest risk |"
        yield "|---|--:|--:|--:|--:|--:|---|"
        yield from (_row(same.one, shown(same.environments, every)) for same in totals(review))
    risky = {risk.object for each in review.environments for risk in each.risks}
    for group in alike:
        yield from _group(group, room, shown(group.environments, every), risky)
    for rehearsal in review.rehearsals:
        yield f"\n### Rehearsal of {rehearsal.environment}\n"
        told = list(lines(rehearsal))
        yield from [*map(_item, told[: room.items]), *_left(told, room.items, "line")]


def _row(each: Environment, names: str) -> str:
    numbers = [each.count("changed"), each.count("added"), each.count("removed")]
    numbers += [each.count("moved") + each.count("renamed"), len(each.prune.objects)]
    figures = " | ".join(map(str, numbers))
    return f"| {names} | {figures} | {_MARKS[each.highest] if each.highest else 'none'} |"


def _group(group: Group, room: Room, names: str, risky: set[str]) -> Iterator[str]:
    yield f"\n### {names}"
    yield from (f"> {_inline(note)}\n" for note in group.notes)
    if group.risks:
        yield "\n| risk | object | what | fix | rule |\n|---|---|---|---|---|"
        yield from map(_risk, group.risks[: room.risks])
        yield from _left(group.risks, room.risks, "risk")
    for prune in group.prunes:
        deleted = [*map(_item, prune.objects[: room.items]), *_left(prune.objects, room.items, "object")]
        yield from _folded(f"Flux deletes {_count(len(prune.objects), 'object')}", deleted)
    loud = group.loud
    if loud:
        # Under a limit, what is at risk comes first.
        first = sorted(loud, key=lambda change: change.object not in risky) if len(loud) > room.changes else loud
        details = [line for change in first[: room.changes] for line in _change(change, room)]
        yield from _folded(
            f"Changes of {_count(len(loud), 'object')}", [*details, *_left(loud, room.changes, "object")]
        )
    if group.hooks:
        hooks = [*map(_item, group.hooks[: room.items]), *_left(group.hooks, room.items, "hook")]
        yield from _folded("Helm hooks", hooks)
    if group.noise:
        yield f"\nFolded: {folded(group)}."


def folded(group: Group) -> str:
    """Return the counts of differences that are noise."""
    return ", ".join(_count(number, NOISE[name]) for name, number in sorted(group.noise.items()))


def _risk(risk: Risk) -> str:
    cells = [_MARKS[risk.severity], risk.name or risk.environment, risk.message, risk.fix, f"`{risk.rule}`"]
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _left(every: Sequence[object], shown: int, noun: str) -> Iterator[str]:
    if len(every) > shown > 0:
        yield f"\n… {_count(len(every) - shown, f'more {noun}')}: {_REST}"


def _change(change: Change, room: Room) -> Iterator[str]:
    before = f" (was {change.before})" if change.before else ""
    yield f"**{_SIGNS[change.what]} {_inline(change.name)}** {change.what}{_inline(before)}, in {change.component}\n"
    yield from (f"- {_inline(effect.says)}" for effect in change.effects)
    yield from (f"- {_inline(line)}" for line in touched(change, 8))
    diff = [line for field in change.fields if not field.noise for line in field_lines(field, room.lines)]
    if diff:
        runs = [len(run) for line in diff for run in re.findall(r"`{3,}", line)]
        fence = "`" * (max(runs, default=2) + 1)
        yield f"\n{fence}diff"
        yield from diff
        yield fence
    yield ""


def touched(change: Change, most: int) -> Iterator[str]:
    """Yield a line with what uses an object, and one with its arrows in dataflow.yaml, each up to a number."""
    arrows = [name for name in change.touches if name.startswith("arrow ")]
    users = [name for name in change.touches if name not in arrows]
    flows = [name.removeprefix("arrow ").partition(" (")[0] for name in arrows]
    # The names of arrows have commas in them.
    for verb, names, between in (("used by", users, ", "), ("data flows", [*dict.fromkeys(flows)], "; ")):
        more = f" and {len(names) - most} more" if len(names) > most else ""
        if names:
            yield f"{verb} {between.join(names[:most])}{more}"


def field_lines(field: FieldChange, most: int = _MOST_LINES) -> Iterator[str]:
    """Yield the lines of a field: its path, then what was removed and added."""
    yield f"  {field.path}"
    if field.lines:
        yield from map(_short, islice(field.lines, most))
        if len(field.lines) > most:
            yield f"  … {len(field.lines) - most} more lines"
        return
    if field.old is not None:
        yield f"- {_short(value(field.old))}"
    if field.new is not None:
        yield f"+ {_short(value(field.new))}"


def value(shown: object) -> str:
    """Return a value on one line."""
    return shown if isinstance(shown, str) and shown else msgspec.json.encode(shown, enc_hook=str).decode()


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        yield f"\n{title}: {_REST}."
        return
    yield f"\n<details><summary>{title}</summary>\n"
    yield from lines
    yield "\n</details>"


def _item(text: str) -> str:
    return f"- {_inline(text)}"


def _cell(text: str) -> str:
    return _inline(text).replace("|", "\\|").replace("\n", " ")


def _inline(text: str) -> str:
    """Return text in which nothing is read as HTML, as a mention or as an image; a very long one is cut."""
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;").replace("![", "&#33;[")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
