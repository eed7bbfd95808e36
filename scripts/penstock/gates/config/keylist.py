"""Key lists for programs without a checker: read from gates/keys/<program>.yaml, and applied to configurations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from msgspec import field

from penstock.core.errors import PenstockError
from penstock.core.model import Strict, load
from penstock.core.nearest import ending

FOLDER = Path(__file__).parents[1] / "keys"
SUMMARY = "checked against a key list, not by the program"
_OTHERS = "*"

_DURATION = re.compile(r"-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w|y))+|0")
_SIZE = re.compile(r"\d+(\.\d+)?\s*([kmgtp]i?b?|b)?", re.IGNORECASE)
_TRUTH = re.compile(r"true|false|on|off|yes|no", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{?\w+[^}]*\}?|\$__\w+\{[^}]*\}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int | float | date) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


TYPES: dict[str, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "boolean": lambda value: isinstance(value, bool),
    "duration": lambda value: value == 0 or (isinstance(value, str) and bool(_DURATION.fullmatch(value))),
    "integer": _is_integer,
    "map": lambda value: isinstance(value, dict),
    "number": lambda value: _is_integer(value) or isinstance(value, float),
    "size": lambda value: _is_integer(value) or (isinstance(value, str) and bool(_SIZE.fullmatch(value))),
    "string": _is_text,
    "strings": lambda value: isinstance(value, list) and all(_is_text(item) for item in value),
}
# The texts that a program accepts for a type, if it reads its whole configuration as text.
_TEXTS: dict[str, Callable[[str], bool]] = {
    "boolean": lambda text: bool(_TRUTH.fullmatch(text)),
    "integer": lambda text: bool(re.fullmatch(r"-?\d+", text)),
    "number": lambda text: bool(re.fullmatch(r"-?\d+(\.\d+)?", text)),
    "strings": lambda _: True,
}


class Spec(Strict, frozen=True):
    """The values of a key: exactly one of a type, an enum, a block, a list or a mapping."""

    required: bool = False
    type_: str = field(name="type", default="")
    enum: tuple[Any, ...] = ()
    block: str = ""
    list_: str = field(name="list", default="")
    map_: str = field(name="map", default="")


class KeyList(Strict, frozen=True):
    """Every key of a program's configuration. `source` is the page that documents them."""

    program: str
    version: str
    source: str
    root: str
    blocks: dict[str, dict[str, str | Spec]]


def read(program: str) -> KeyList:
    """The list of a program; raises PenstockError if it is missing or names an unknown block or type."""
    path = FOLDER / f"{program}.yaml"
    if not path.is_file():
        raise PenstockError(f"{path} doesn't exist", "write it; docs/reference/files.md describes its format")
    return checked(load(path, KeyList), path.name)


def checked(keys: KeyList, name: str) -> KeyList:
    """The list itself; raises PenstockError if it names an unknown block or type."""
    blocks = set(keys.blocks)
    wrong = [] if keys.root in blocks else [f"root: no block `{keys.root}`{ending(keys.root, blocks)}"]
    for block, specs in keys.blocks.items():
        wrong += [f"{block}.{key}: {fault}" for key, spec in specs.items() for fault in _wrong(spec, blocks)]
    if wrong:
        raise PenstockError(f"{name}: {wrong[0]}", "fix the key list")
    return keys


def _wrong(spec: str | Spec, blocks: set[str]) -> Iterator[str]:
    """The faults of a spec: it needs exactly one form, and that has to name a known block or type."""
    forms = [spec] if isinstance(spec, str) else [spec.type_, spec.block, spec.list_, spec.map_]
    named = [name for name in forms if name]
    if len(named) + (isinstance(spec, Spec) and bool(spec.enum)) != 1:
        yield "it must have exactly one of type, enum, block, list and map"
    known = blocks | set(TYPES)
    yield from (f"no type or block `{name}`{ending(name, known)}" for name in named if name not in known)


@dataclass(frozen=True)
class Checker:
    """Applies a key list to a configuration. `texts` is set if the program reads all values as text, as from an INI."""

    keys: KeyList
    texts: bool = False

    def faults(self, values: Any) -> Iterator[str]:
        """Each fault as `path: what is wrong; how to fix it`."""
        return self._name(self.keys.root, values, "")

    def _name(self, name: str, value: Any, path: str) -> Iterator[str]:
        """The faults of a value of a block or a type."""
        if name in self.keys.blocks:
            yield from self._block(self.keys.blocks[name], value, path)
        elif not self._fits(name, value):
            yield f"{path}: {_shown(value)} is not of the type {name}"

    def _block(self, block: dict[str, str | Spec], value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            if value is not None:
                yield f"{path or 'the file'}: {_shown(value)} is not a mapping; its keys are {', '.join(block)}"
            return
        known = {key.casefold(): key for key in block} if self.texts else {key: key for key in block}
        for key, inner in value.items():
            place = f"{path}.{key}" if path else str(key)
            name = known.get(str(key).casefold() if self.texts else str(key), _OTHERS)
            if name in block:
                yield from self._spec(block[name], inner, place)
            else:
                yield f"{place}: unknown key{ending(str(key), block)}"
        present = {str(key).casefold() if self.texts else str(key) for key in value}
        for key, spec in block.items():
            if isinstance(spec, Spec) and spec.required and (key.casefold() if self.texts else key) not in present:
                yield f"{path}.{key}: missing".lstrip(".")

    def _spec(self, spec: str | Spec, value: Any, path: str) -> Iterator[str]:
        if isinstance(spec, str):
            yield from self._name(spec, value, path)
        elif value is None or self._is_variable(value):
            return
        elif spec.enum:
            if value not in spec.enum and str(value) not in [str(item) for item in spec.enum]:
                yield f"{path}: {_shown(value)} is none of {', '.join(map(str, spec.enum))}"
        elif spec.list_:
            yield from self._list(spec.list_, value, path)
        elif spec.map_:
            yield from self._map(spec.map_, value, path)
        else:
            yield from self._name(spec.block or spec.type_, value, path)

    def _list(self, name: str, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path}: {_shown(value)} is not a list"
            return
        for index, item in enumerate(value):
            yield from self._name(name, item, f"{path}[{index}]")

    def _map(self, name: str, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path}: {_shown(value)} is not a mapping"
            return
        for key, item in value.items():
            yield from self._name(name, item, f"{path}.{key}")

    def _fits(self, name: str, value: Any) -> bool:
        if value is None or self._is_variable(value) or TYPES[name](value):
            return True
        return self.texts and isinstance(value, str) and name in _TEXTS and _TEXTS[name](value)

    def _is_variable(self, value: Any) -> bool:
        """Whether a value is a variable, which only the running program can expand."""
        return isinstance(value, str) and bool(_VARIABLE.fullmatch(value))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
