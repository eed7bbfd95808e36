"""The files of an environment: its own, and those of the environments that it extends.

`extends: OTHER` and `abstract: true` come first in a file, so that reading them takes no parser: the fast check reads
them for every environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.files import walk
from penstock.core.nearest import did_you_mean
from penstock.core.once import once
from penstock.core.scalars import plain
from penstock.core.yaml import dump, parse
from penstock.platform.layout import LINEAGE_NAME, Layout

HEAD_KEYS = ("extends", "abstract")
# helmfile's value with the files of an environment, from environments/lineage/.
KEY = "lineage"
BASE = "base"
_HEAD_KEY = re.compile(r"(?:extends|abstract):(?:\s|$)")
_HEAD = re.compile(rf"\s*(?:#.*)?$|---\s*$|{_HEAD_KEY.pattern}")
_DEEPEST = 8
_PLAIN = re.compile(r"[a-z][a-z0-9./-]*")
_NOTE = "# Written by `inv hydrate`: the files of the environment, each merged over those before it. Do not edit.\n"


@dataclass(frozen=True)
class EnvironmentFile:
    """The file of an environment, and what its head declares; `extends` is empty without a parent."""

    name: str
    path: Path
    extends: str = ""
    abstract: bool = False


def lineage(layout: Layout, name: str) -> tuple[EnvironmentFile, ...]:
    """Return the files of an environment that helmfile.yaml lists: the farthest that it extends first, its own last.

    Raises PenstockError for a missing or abstract file, an unknown or ambiguous name, a cycle, or more than 8 files.
    """
    files = of(layout, name)
    if files[-1].abstract:
        raise PenstockError(
            f"{layout.relative(files[-1].path)} is abstract, but {layout.helmfile.name} lists `{name}`",
            f"take `{name}` out of {layout.helmfile.name}, or `abstract` out of the file",
        )
    return files


@once
def of(layout: Layout, name: str) -> tuple[EnvironmentFile, ...]:
    """Return the files of any environment, also of an abstract one; raises the other errors of `lineage`."""
    own = file(layout, name)
    if own is None:
        shown = layout.relative(layout.environments / f"{name}.yaml")
        raise PenstockError(f"{shown} is missing, but helmfile.yaml lists `{name}`", "write the file")
    found = [own]
    while extended := found[0].extends:
        names = [each.name for each in reversed(found)]
        shown = layout.relative(found[0].path)
        if extended in names:
            raise PenstockError(
                f"{shown}: the environment extends itself: {' → '.join([*names[names.index(extended) :], extended])}",
                "remove one `extends`",
            )
        if len(found) == _DEEPEST:
            raise PenstockError(
                f"{shown}: {found[-1].name} extends more than {_DEEPEST - 1} environments: {' → '.join(names)}",
                "merge some of them into one",
            )
        found.insert(0, _extended(layout, shown, extended))
    return tuple(found)


@once
def names(layout: Layout, name: str) -> tuple[str, ...]:
    """Return the names of an environment and of those that it extends, nearest first; only `name` without a file."""
    return tuple(each.name for each in reversed(of(layout, name))) if file(layout, name) else (name,)


def applies(environments: Collection[str], named: Collection[str]) -> bool:
    """Whether an entry with this list of environments applies to one and those it extends; to all if it lists none."""
    return not environments or any(name in environments for name in named)


def extended(layout: Layout, listed: list[str]) -> list[str]:
    """Return the environments that these extend and that aren't among them, sorted: abstract or unlisted ones."""
    return sorted({each for name in listed for each in names(layout, name)} - {*listed})


@once
def file(layout: Layout, name: str) -> EnvironmentFile | None:
    """Return the file of an environment; None without one. Raises PenstockError if two files have the name."""
    places = [] if name == BASE else list(_places(layout.environments, name))
    if len(places) > 1:
        shown = " and ".join(layout.relative(each) for each in places)
        raise PenstockError(f"{shown} are both the environment `{name}`", "keep one of them, or rename one")
    return _read(layout, name, places[0]) if places else None


def is_environment(path: Path) -> bool:
    """Whether the head of a file in environments/ says that it is an environment's; others may be, too, if listed."""
    return path.suffix == ".yaml" and bool(head(path.read_bytes(), path.name))


def files(layout: Layout) -> dict[Path, str]:
    """Return every file in environments/ that may be an environment's, with the name that it would have."""
    folder = layout.environments
    found = {path: path.relative_to(folder) for path in (walk(folder) if folder.is_dir() else ())}
    return {
        path: "-".join((*inner.parts[:-1], inner.stem))
        for path, inner in found.items()
        if path.suffix == ".yaml" and inner.parts[0] not in (f"{BASE}.yaml", LINEAGE_NAME)
    }


# Cached: a fleet's environments extend the same few.
@lru_cache(maxsize=4096)
def head(text: bytes, shown: str) -> Mapping[str, Any]:
    """Return `extends` and `abstract` of a file, if they come before its other keys."""
    lines = list(takewhile(_HEAD.match, text.decode(errors="replace").splitlines()))
    if not any(map(_HEAD_KEY.match, lines)):
        return {}
    return parse("\n".join(lines), shown) or {}


def text(layout: Layout, name: str) -> str:
    """Return the generated file with which helmfile finds the files of an environment; empty if it needs none."""
    every = of(layout, name)
    if len(every) == 1 and every[0].path.parent == layout.environments:
        return ""
    start = len(str(layout.environments)) + 1
    listed = [{"name": each.name, "file": str(each.path)[start:].replace(os.sep, "/")} for each in every]
    return _NOTE + dumped(listed)


def dumped(listed: list[dict[str, str]]) -> str:
    """Return the entries as YAML; written out for names that need no quotes, since a dump is slow for a fleet."""
    if all(_PLAIN.fullmatch(word) and isinstance(plain(word), str) for each in listed for word in each.values()):
        return f"{KEY}:\n" + "".join(f"  - name: {each['name']}\n    file: {each['file']}\n" for each in listed)
    return dump({KEY: listed}, sort_keys=False, indented=True)


def generated(layout: Layout, name: str) -> Path:
    """Return the place of that file."""
    return layout.environments / LINEAGE_NAME / f"{name}.yaml"


def _places(folder: Path, name: str, top: bool = True) -> Iterator[Path]:
    """Yield the files of a name: a `-` may stand for a folder."""
    if (path := folder / f"{name}.yaml").is_file():
        yield path
    for dash in re.finditer("-", name):
        inner = folder / name[: dash.start()]
        if dash.start() and not (top and inner.name == LINEAGE_NAME) and inner.is_dir():
            yield from _places(inner, name[dash.end() :], top=False)


def _extended(layout: Layout, shown: str, name: str) -> EnvironmentFile:
    found = file(layout, name)
    if found:
        return found
    if name == BASE:
        raise PenstockError(f"{shown}: extends `{BASE}`", f"take it out: every environment has {BASE}.yaml below it")
    known = [each for each in files(layout).values() if file(layout, each)]
    raise PenstockError(
        f"{shown}: extends the unknown environment `{name}`",
        did_you_mean(name, known, f"environments/ has no {name}.yaml"),
    )


def _read(layout: Layout, name: str, path: Path) -> EnvironmentFile:
    shown = layout.relative(path)
    values = head(path.read_bytes(), shown)
    extends, abstract = values.get("extends", ""), values.get("abstract", False)
    if not isinstance(extends, str) or (not extends and "extends" in values):
        raise PenstockError(f"{shown}: `extends` is not the name of an environment", "write `extends: OTHER`")
    if not isinstance(abstract, bool):
        raise PenstockError(f"{shown}: `abstract` is neither true nor false", "write `abstract: true`")
    return EnvironmentFile(name, path, extends, abstract)
