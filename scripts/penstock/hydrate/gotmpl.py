"""Find calls in helmfile's templates whose result may differ between runs.

The table of functions is the renderer's, tools/render/functions.json. helmfile renders a template only once, so a call
alone is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import msgspec

from penstock.core.model import decode
from penstock.platform.layout import ENGINE


class Functions(msgspec.Struct, frozen=True):
    """The classes in functions.json that matter here; all others are pure."""

    random: list[str]
    clock: list[str]
    order: list[str]
    helmfile: dict[str, list[str]]


# Strings and comments may contain braces, and names that aren't calls.
_OPAQUE = r'"(?:\\.|[^"\\\n])*"|`[^`]*`|/\*.*?\*/'
_ACTION = re.compile(rf"\{{\{{(?:{_OPAQUE}|(?!\}}\}}).)*\}}\}}", re.DOTALL)
_QUIET = re.compile(_OPAQUE, re.DOTALL)
_CALL = re.compile(r"(?<![\w.$])[A-Za-z_]\w*")
# Functions whose result doesn't depend on the order of a list.
_ORDERLESS = {"has", "len", "mustHas", "sortAlpha"}
# These format a time argument, and the current time for anything else; the action must contain a source of times.
_WRITERS = {"date", "date_in_zone", "dateInZone", "htmlDate", "htmlDateInZone"}
_TIMES = {"mustToDate", "now", "toDate"}
_TIME = re.compile(r"(?:mustT|t)oDate\b")
_TPL = re.compile(r"\{\{[^}]*\btpl\b")
_POINTER = re.compile(r"(?<!%)(?:%%)*%[-+# 0-9.*\[\]]*p")
# The duration of a literal is constant; that of a time is the time since then.
_ROUNDED = re.compile(
    r"""(?:\{\{-?|[(=])\s*(?:durationRound\s+(?:"[^"]*"|`[^`]*`|\d+)\s*[-)}|]|(?:"[^"]*"|`[^`]*`|\d+)\s*\|\s*durationRound\b)"""
)
_KNOWN = re.compile(
    r"""\s+(?:"(?:\\.|[^"\\\n])*"|`[^`]*`|\$?\.\w[\w.]*|\(\s*(?:toYaml|toJson|toString)\s+\$?\.\w[\w.]*\s*\)"""
    r"""|\(\s*\$?\.\w[\w.]*(?:\s*\|\s*(?:toYaml|toJson|toString))*\s*\))(?=\s|\}|$)"""
)
# A literal, relative path with `..` only at its start, which hydrate/resolve.py checks.
_LITERAL = r"""(?P<q>["`])(?!/)(?:\.\.?/)*(?:(?!\.\.|(?P=q))[^%\\\n]|%s)*(?P=q)"""
_MADE = rf"(?:printf\s+{_LITERAL}(?:\s+\.Environment\.Name)*|{_LITERAL.replace('q>', 'r>').replace('=q', '=r')})"
_PATH = re.compile(rf"\s+(?:\(\s*{_MADE}\s*\)|{_LITERAL.replace('q>', 's>').replace('=q', '=s')})")
_PIPED = re.compile(rf"(?:^\{{\{{-?|[(=]|\bif|\band|\bor|\bnot)\s*{_MADE}\s*\|\s*$")


@cache
def functions() -> Functions:
    """Return the renderer's table."""
    return decode((ENGINE / "tools" / "render" / "functions.json").read_bytes(), Functions)


@cache
def _faults() -> dict[str, str]:
    table = functions()
    faults = dict.fromkeys(table.random, "is random")
    faults |= dict.fromkeys(table.clock, "reads the clock")
    faults |= dict.fromkeys(table.order, "has no order of its own: sort it there, `{0} … | sortAlpha`")
    faults |= dict.fromkeys(table.helmfile["environment"], "reads the environment variables of the user")
    faults |= dict.fromkeys(table.helmfile["machine"], "reaches beyond the component")
    faults |= dict.fromkeys(table.helmfile["secret"], "fetches a secret, which would land in Git in clear")
    return faults


@cache
def _any() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join([*_faults(), *functions().helmfile['file'], 'printf', 'tpl'])})\b")


def unstable(text: str, again: bool = False) -> Iterator[tuple[int, str, str]]:
    """Yield the calls whose result may differ between runs: line, function and reason.

    `again` is whether the output is rendered as a template too.
    """
    if not _any().search(text):  # nearly always: this runs on every template of every component
        return
    again = again or bool(_TPL.search(text))
    for action in _ACTION.finditer(text):
        start = text.rfind("\n", 0, action.start()) + 1
        if text[start : action.start()].lstrip().startswith("#"):
            continue
        line = text.count("\n", 0, action.start()) + 1
        yield from _calls(action[0], line, text, again)


def _calls(action: str, line: int, text: str, again: bool) -> Iterator[tuple[int, str, str]]:
    for quoted in _QUIET.finditer(action) if again else ():
        if quoted[0][0] in '"`' and "{{" in quoted[0]:
            yield from unstable(quoted[0][1:-1].replace('\\"', '"'), again)
    bare = _QUIET.sub(lambda quoted: re.sub(r"[^\n]", " ", quoted[0]), action)
    calls = [(call[0], call.start()) for call in _CALL.finditer(bare)]
    names = {name for name, _ in calls}
    harmless = {*(functions().order if _is_ordered(action, names, text) else ())}
    harmless |= _WRITERS if names & _TIMES or _all_times(bare, text) else set()
    for name, start in calls:
        at = line + bare.count("\n", 0, start)
        if name in _faults() and name not in harmless and not (name == "durationRound" and _ROUNDED.search(action)):
            yield at, name, _faults()[name].format(name)
        elif name == "printf" and any(_POINTER.search(quoted[0]) for quoted in _QUIET.finditer(action)):
            yield at, name, "writes with %p where something lies in memory"
        elif name == "tpl" and not _is_known(action[start + len(name) :], text):
            yield at, name, "takes a text that is put together: write it as one literal, or as a value"
        elif name in functions().helmfile["file"] and not _is_relative(name, action, start):
            yield at, name, "takes only a path below its own folder, written out but for .Environment.Name"


def _assigned(name: str, text: str) -> list[str]:
    """Return all expressions that a template assigns to a variable."""
    return re.findall(rf"\$(?:\w+\s*,\s*\$)?{name}\s*:?=\s*((?:{_OPAQUE}|(?!\}}\}}).)*)", text, re.DOTALL)


def _all_times(bare: str, text: str) -> bool:
    """Whether an action has variables, all of which are times."""
    assigned = [_assigned(name, text) for name in re.findall(r"\$(\w+)", bare)]
    return bool(assigned) and all(values and all(_TIME.match(value) for value in values) for values in assigned)


def _is_ordered(action: str, names: set[str], text: str) -> bool:
    """Whether the order of a list makes no difference in the action, or in all uses of the variable that it assigns."""
    if names & _ORDERLESS:
        return True
    put = re.match(r"\{\{-?\s*\$(\w+)\s*:?=", action)
    if not put:
        return False
    uses = [each[0] for each in _ACTION.finditer(text) if re.search(rf"\${put[1]}\b", each[0]) and each[0] != action]
    return bool(uses) and all(set(_CALL.findall(_QUIET.sub(" ", use))) & _ORDERLESS for use in uses)


def _is_known(argument: str, text: str) -> bool:
    """Whether the argument of `tpl` is a literal or a value: both are checked."""
    if _KNOWN.match(argument):
        return True
    name = re.match(r"\s+\$(\w+)", argument)
    assigned = _assigned(name[1], text) if name else []
    return bool(assigned) and all(_KNOWN.match(f" {re.sub(r'^range ', '', value.strip())}") for value in assigned)


def _is_relative(name: str, action: str, start: int) -> bool:
    """Whether the path argument of isFile or isDir is certainly relative."""
    return bool(_PATH.match(action[start + len(name) :]) or _PIPED.search(action[:start]))
