"""Compare two objects field by field."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from penstock.core import yaml

_SHORT = 100
_LONG = 160
# Keys that identify list entries, as in Kubernetes's own lists; the first that is unique in both lists is used.
_NAMES = ("name", "mountPath", "containerPort", "port", "key", "type", "ip")
_NO_BREAK = "\\ only the line break at the end differs"


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field that differs: `old` and `new`, of which one may be missing, or the diff lines of a long value."""

    path: str
    old: Any = None
    new: Any = None
    lines: list[str] = []


def compare(old: Any, new: Any, path: str = "") -> Iterator[Field]:
    """Yield the fields that differ between two plain values, ordered by path; None stands for a missing value."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys(), key=str):
            if old.get(key) is new.get(key) is None and (key in old) != (key in new):
                was, now = ("null" if key in each else None for each in (old, new))
                yield Field(step(path, key), was, now)
            yield from compare(old.get(key), new.get(key), step(path, key))
    elif isinstance(old, list) and isinstance(new, list) and _name(old, new):
        yield from _named(old, new, path, _name(old, new))
    else:
        yield leaf(old, new, path)


def _named(old: list[Any], new: list[Any], path: str, name: str) -> Iterator[Field]:
    """Compare entries by key, and their order, which matters for a container's variables and start-up."""
    before, after = ({str(item[name]): item for item in items} for items in (old, new))
    for key in [*before, *(key for key in after if key not in before)]:
        yield from compare(before.get(key), after.get(key), f"{path}[{key}]")
    was, now = ([key for key in keys if key in before and key in after] for keys in (before, after))
    if was != now:
        yield leaf(", ".join(was), ", ".join(now), f"{path} (order)")


def _name(old: list[Any], new: list[Any]) -> str:
    """Return the key that identifies the entries of both lists; empty if there is none."""
    entries = [*old, *new]
    if not old or not new or not all(isinstance(entry, dict) for entry in entries):
        return ""
    for name in _NAMES:
        if all(name in entry for entry in entries) and all(
            len({str(entry[name]) for entry in items}) == len(items) for items in (old, new)
        ):
            return name
    return ""


def leaf(old: Any, new: Any, path: str) -> Field:
    """Return the difference of two values: as they are if they are short, else as lines."""
    if _is_short(old) and _is_short(new):
        return Field(path, old, new)
    before, after = (_pieces(_text(value)) for value in (old, new))
    lines = difflib.unified_diff(before, after, n=1, lineterm="")
    # Skip the two lines of file headings.
    return Field(path, lines=list(lines)[2:] or [_NO_BREAK])


def _pieces(text: str) -> list[str]:
    """Return the lines of a text; of a very long one its parts, in which a difference is seen."""
    lines = text.splitlines()
    if len(lines) > 1 or len(text) <= _LONG:
        return lines
    return [part.rstrip() for part in re.split(r"(?<=[,;\s])", text) if part.strip()]


def _is_short(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _SHORT and "\n" not in value
    return len(msgspec.json.encode(value, enc_hook=str)) <= _SHORT


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return yaml.dump(value)


def step(path: str, key: str) -> str:
    """Return the path of a key below a path."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", key):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key
