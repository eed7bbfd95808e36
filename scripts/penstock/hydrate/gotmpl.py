"""helmfile's templates: which calls in them don't give the same at every run.

The table of functions is the renderer's, tools/render/functions.json. helmfile renders a template only once, so here a
call alone is enough to refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import msgspec

from penstock.core.layout import ENGINE


class Functions(msgspec.Struct, frozen=True):
    """The classes of functions.json that matter here; the other ones are pure."""

    random: list[str]
    clock: list[str]
    order: list[str]
    helmfile: dict[str, list[str]]


# Strings and comments may hold braces, and names that are no calls.
_OPAQUE = r'"(?:\\.|[^"\\\n])*"|`[^`]*`|/\*.*?\*/'
_ACTION = re.compile(rf"\{{\{{(?:{_OPAQUE}|(?!\}}\}}).)*\}}\}}", re.DOTALL)
_QUIET = re.compile(_OPAQUE, re.DOTALL)
_CALL = re.compile(r"(?<![\w.$])[A-Za-z_]\w*")
# What makes nothing of the order of a list.
_ORDERLESS = {"has", "len", "mustHas", "sortAlpha"}
# These write a time that they are given, and the present for anything else; what gives one is in the same action.
_WRITERS = {"date", "date_in_zone", "dateInZone", "htmlDate", "htmlDateInZone"}
_TIMES = {"mustToDate", "now", "toDate"}


@cache
def functions() -> Functions:
    """The table, as it is in the renderer."""
    return msgspec.json.decode((ENGINE / "tools" / "render" / "functions.json").read_bytes(), type=Functions)


@cache
def _faults() -> dict[str, str]:
    table = functions()
    faults = dict.fromkeys(table.random, "is random")
    faults |= dict.fromkeys(table.clock, "reads the clock")
    faults |= dict.fromkeys(table.order, "has no order of its own: sort it there, `{0} … | sortAlpha`")
    faults |= dict.fromkeys(table.helmfile["environment"], "reads the environment of whoever runs it")
    faults |= dict.fromkeys(table.helmfile["machine"], "reaches beyond the component")
    faults |= dict.fromkeys(table.helmfile["secret"], "fetches a secret, which would land in Git in clear")
    return faults


@cache
def _any() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(_faults())})\b")


def unstable(text: str) -> Iterator[tuple[int, str, str]]:
    """The calls that don't give the same at every run: line, function, and why."""
    if not _any().search(text):  # nearly always: this reads every template of every component
        return
    for action in _ACTION.finditer(text):
        start = text.rfind("\n", 0, action.start()) + 1
        if text[start : action.start()].lstrip().startswith("#"):
            continue
        line = text.count("\n", 0, action.start()) + 1
        yield from _calls(action[0], line)


def _calls(action: str, line: int) -> Iterator[tuple[int, str, str]]:
    for quoted in _QUIET.finditer(action):
        if quoted[0][0] in '"`' and "{{" in quoted[0]:  # for `tpl`
            yield from unstable(quoted[0][1:-1].replace('\\"', '"'))
    bare = _QUIET.sub(lambda quoted: re.sub(r"[^\n]", " ", quoted[0]), action)
    calls = [(call[0], line + bare.count("\n", 0, call.start())) for call in _CALL.finditer(bare)]
    names = {name for name, _ in calls}
    harmless = {*(functions().order if names & _ORDERLESS else ()), *(_WRITERS if names & _TIMES else ())}
    for name, at in calls:
        if name in _faults() and name not in harmless:
            yield at, name, _faults()[name].format(name)
