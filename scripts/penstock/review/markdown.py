"""The review as Markdown, for a comment on a pull request: tables first, details folded."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from penstock.review.model import Change, Environment, FieldChange, Review, Risk
from penstock.review.rehearsed import lines

NOISE = {"checksum": "checksum annotations", "version": "version labels", "order": "reorderings"}
_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "→", "renamed": "±"}
_MARKS = {"high": "🔴 high", "medium": "🟠 medium", "low": "🟡 low"}
_MOST_LINES = 30
_WIDEST = 200


def markdown(review: Review) -> str:
    """Return the document."""
    return "\n".join(_document(review)) + "\n"


def _document(review: Review) -> Iterator[str]:
    yield f"## Review: {review.base} → {review.head}"
    yield ""
    for line, fix in review.failures:
        yield f"> **{_inline(line)}**\\\n> {_inline(fix)}\n"
    yield from (f"> {_inline(note)}\n" for note in review.notes)
    changed = [each for each in review.environments if each.changes or each.risks or each.hooks]
    if not changed:
        yield "Nothing changes in the cluster."
    else:
        yield "| environment | changed | added | removed | moved, renamed | pruned | highest risk |"
        yield "|---|--:|--:|--:|--:|--:|---|"
        yield from map(_row, review.environments)
    for each in review.environments:
        if each in changed or each.notes:
            yield from _environment(each)
    for rehearsal in review.rehearsals:
        yield f"\n### Rehearsal of {rehearsal.environment}\n"
        yield from map(_item, lines(rehearsal))


def _row(each: Environment) -> str:
    numbers = [each.count("changed"), each.count("added"), each.count("removed")]
    numbers += [each.count("moved") + each.count("renamed"), len(each.prune.objects)]
    shown = " | ".join(map(str, numbers))
    return f"| `{each.name}` | {shown} | {_MARKS[each.highest] if each.highest else 'none'} |"


def _environment(each: Environment) -> Iterator[str]:
    yield f"\n### {each.name}"
    yield from (f"> {_inline(note)}\n" for note in each.notes)
    if each.risks:
        yield "\n| risk | object | what | fix | rule |\n|---|---|---|---|---|"
        yield from map(_risk, each.risks)
    if each.prune.objects:
        yield from _folded(f"Flux deletes {_count(len(each.prune.objects), 'object')}", map(_item, each.prune.objects))
    loud = [change for change in each.changes if not change.quiet]
    if loud:
        details = (line for change in loud for line in _change(change))
        yield from _folded(f"{_count(len(loud), 'object')} in detail", details)
    if each.hooks:
        yield from _folded("Helm hooks", map(_item, each.hooks))
    if each.noise:
        yield f"\nFolded: {folded(each)}."


def folded(each: Environment) -> str:
    """Return the counts of differences that are noise."""
    return ", ".join(f"{number} {NOISE[name]}" for name, number in sorted(each.noise.items()))


def _risk(risk: Risk) -> str:
    cells = [_MARKS[risk.severity], risk.name or risk.environment, risk.message, risk.fix, f"`{risk.rule}`"]
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _change(change: Change) -> Iterator[str]:
    before = f" (was {change.before})" if change.before else ""
    yield f"**{_SIGNS[change.what]} {_inline(change.name)}** {change.what}{_inline(before)}, in {change.component}\n"
    yield from (f"- {_inline(effect.says)}" for effect in change.effects)
    if change.touches:
        more = f" and {len(change.touches) - 8} more" if len(change.touches) > 8 else ""
        yield f"- used by {_inline(', '.join(change.touches[:8]))}{more}"
    diff = [line for field in change.fields if not field.noise for line in field_lines(field)]
    if diff:
        fence = "````" if any("```" in line for line in diff) else "```"
        yield f"\n{fence}diff"
        yield from diff
        yield fence
    yield ""


def field_lines(field: FieldChange) -> Iterator[str]:
    """Yield the lines of a field: its path, then what was removed and added."""
    yield f"  {field.path}"
    if field.lines:
        yield from (_short(line) for line in field.lines[:_MOST_LINES])
        if len(field.lines) > _MOST_LINES:
            yield f"  … {len(field.lines) - _MOST_LINES} more lines"
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


def _folded(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"\n<details><summary>{title}</summary>\n"
    yield from lines
    yield "\n</details>"


def _item(text: str) -> str:
    return f"- {_inline(text)}"


def _cell(text: str) -> str:
    return _inline(text).replace("|", "\\|").replace("\n", " ")


def _inline(text: str) -> str:
    """Return text in which nothing is read as HTML, as a mention or as an image."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;").replace("![", "&#33;[")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
