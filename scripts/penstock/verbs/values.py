"""inv values: the merged values of an environment, with the file and line that each comes from."""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.core.yaml import dump
from penstock.platform import environments, lineage
from penstock.platform.layout import Layout, find_platform
from penstock.platform.values import Setting, settings


class Shown(msgspec.Struct, frozen=True):
    """One value in the output of `inv values --json`; `line` counts from 1."""

    key: str
    value: Any
    file: str
    line: int


def values(environment: str, key: str, as_json: bool, platform: str = "") -> None:
    """Print the values at a key and below it, all if it is empty; raises PenstockError for an unknown key."""
    layout = find_platform(platform)
    found = _below(settings(layout, _picked(layout, environment)), key)
    if as_json:
        shown = [Shown(each.key, each.value, each.file, each.line) for each in found]
        console.out(msgspec.json.format(msgspec.json.encode(shown)).decode())
    else:
        rows = [[each.key, _text(each.value), f"{each.file}:{each.line}"] for each in found]
        console.table(["KEY", "VALUE", "FROM"], rows)


def _picked(layout: Layout, name: str) -> str:
    """The environment; an abstract one has values, too."""
    return name if name and lineage.file(layout, name) else environments.one(layout, name)


def _below(every: list[Setting], key: str) -> list[Setting]:
    found = [each for each in every if not key or f"{each.key}.".startswith(f"{key}.")]
    if not found:
        keys = {".".join(each.path[:length]) for each in every for length in range(1, len(each.path) + 1)}
        raise PenstockError(f"there is no value `{key}`", did_you_mean(key, keys, "`inv values` prints all keys"))
    return found


def _text(value: Any) -> str:
    """A value in one line of YAML."""
    if isinstance(value, str):
        return dump(value).removesuffix("\n").removesuffix("\n...")
    return msgspec.json.encode(value).decode()
