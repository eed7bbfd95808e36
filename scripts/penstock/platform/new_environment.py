"""The text of a new environment that extends another, and its entry in helmfile.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import yaml

from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.core.yaml import compose, dump
from penstock.platform import environments, lineage, values
from penstock.platform.layout import LINEAGE_NAME, Layout
from penstock.platform.values import Setting

# A name is part of the names of folders, Flux objects and clusters.
_LONGEST = 32  # of a cluster's name, platform/cluster.py
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Own:
    """A value that a new environment declares for itself: its key, the line in its file, and what is to do there."""

    key: str
    line: int
    task: str


@dataclass(frozen=True)
class NewEnvironment:
    """What to write: the environment's file, helmfile.yaml with its name, and the values to set in the file."""

    path: Path
    text: str
    helmfile: str
    own: list[Own]


def make(layout: Layout, name: str, extends: str) -> NewEnvironment:
    """Return what a new environment needs; raises PenstockError for a taken or invalid name, or an unknown parent."""
    if not _NAME.fullmatch(name) or name in (lineage.BASE, LINEAGE_NAME):
        raise PenstockError(
            f"`{name}` can't be the name of an environment",
            "use lower-case letters, digits and `-`, at most 63, starting and ending with a letter or digit",
        )
    if lineage.file(layout, name) or name in environments.names(layout):
        raise PenstockError(f"there is an environment `{name}` already", "give another name")
    known = sorted({*environments.names(layout), *lineage.extended(layout, environments.names(layout))})
    if lineage.file(layout, extends) is None:
        raise PenstockError(
            f"unknown environment `{extends}`",
            did_you_mean(extends, known, f"use --extends with one of {', '.join(known)}"),
        )
    lines = ["# What it doesn't set is that of the environment that it extends.", f"extends: {extends}", ""]
    own = list(_write(_own(layout, extends), extends, name, lines))
    inner = name.removeprefix(f"{extends}-")
    path = layout.environments / (f"{name}.yaml" if inner == name else f"{extends}/{inner}.yaml")
    return NewEnvironment(path, "\n".join(lines).rstrip() + "\n", _listed(layout, name), own)


def _own(layout: Layout, extends: str) -> list[Setting]:
    """The values of the parent that belong to one cluster, in the order of its files."""
    paths = values.own_paths(layout)
    return [each for each in values.settings(layout, extends) if any(each.is_below(path) for path in paths)]


def _write(settings: list[Setting], extends: str, name: str, lines: list[str]) -> Iterator[Own]:
    """Append the settings as YAML; a text with the parent's name in it gets the new one."""
    before: tuple[str, ...] = ()
    for setting in sorted(settings, key=lambda each: each.path):
        common = 0
        while before[common : common + 1] == setting.path[common : common + 1] != ():
            common += 1
        between = range(common, len(setting.path) - 1)
        lines += [f"{'  ' * depth}{_scalar(setting.path[depth])}:" for depth in between]
        value = setting.value.replace(extends, name) if isinstance(setting.value, str) else setting.value
        if setting.path == ("cluster", "name"):
            value = value[-_LONGEST:].lstrip("-")
        task = (
            f"set it, it is that of {extends}" if value == setting.value else f"check it, {extends} has {setting.value}"
        )
        indent = "  " * (len(setting.path) - 1)
        lines.append(f"{indent}{_scalar(setting.path[-1])}: {_scalar(value)}  # {task}")
        before = setting.path
        yield Own(setting.key, len(lines), task)


def _scalar(value: object) -> str:
    return dump(value).split("\n")[0] if isinstance(value, str) else msgspec.json.encode(value).decode()


def _listed(layout: Layout, name: str) -> str:
    """helmfile.yaml with one more environment after the others."""
    text, shown = layout.helmfile.read_text(), layout.relative(layout.helmfile)
    root = compose(text, shown)
    node = next((item for key, item in root.value if key.value == "environments"), None) if root else None
    if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
        raise PenstockError(
            f"{shown}: `environments` is not a list of lines", f"write one name per line: `{name}: {{}}`"
        )
    key, value = node.value[-1]
    is_block = isinstance(value, yaml.CollectionNode) and not value.flow_style
    at = value.end_mark.line if is_block else value.end_mark.line + 1
    lines = text.splitlines(keepends=True)
    lines.insert(at, f"{' ' * key.start_mark.column}{name}: {{}}\n")
    return "".join(lines)
