"""inv tools: list the pinned programs, where each came from, and their sizes."""

from __future__ import annotations

from typing import Literal

import msgspec

from penstock.core import console
from penstock.tools import resolver
from penstock.tools.pins import PROGRAMS


class Row(msgspec.Struct, frozen=True):
    """A program. `origin` is cache, PATH, mise or `not built`; `bytes` is 0 if it isn't built."""

    name: str
    version: str
    origin: Literal["cache", "PATH", "mise", "not built"]
    bytes: int
    path: str


def tools(build: bool, prune: bool, as_json: bool) -> None:
    """List the programs, after building missing ones (`build`) and removing other versions of them (`prune`)."""
    if build:
        resolver.ensure(sorted(PROGRAMS))
    if prune:
        for path in resolver.prune():
            console.info(f"removed {path.parent.name} {path.name}")
    rows = [_row(name) for name in sorted(PROGRAMS)]
    if as_json:
        console.out(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    console.table(
        ["PROGRAM", "VERSION", "FROM", "SIZE", "PATH"],
        [[row.name, row.version, row.origin, console.size(row.bytes) if row.bytes else "", row.path] for row in rows],
    )


def _row(name: str) -> Row:
    found = resolver.find(name)
    version = PROGRAMS[name].version
    if found is None:
        return Row(name, version, "not built", 0, "")
    return Row(name, version, found.origin, found.path.stat().st_size, str(found.path))
