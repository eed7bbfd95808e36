"""The comments of a YAML file, by the key below them."""

from __future__ import annotations

import yaml

from penstock.core.yaml import compose

Path = tuple[str, ...]


def comments(text: bytes) -> dict[Path, str]:
    """Return the comment directly above each key, as one line, by the key's path."""
    lines = text.decode().splitlines()
    found: dict[Path, str] = {}
    root = compose(text, "text")
    if isinstance(root, yaml.MappingNode):
        _collect(root, (), lines, found)
    return found


def _collect(node: yaml.MappingNode, path: Path, lines: list[str], found: dict[Path, str]) -> None:
    for key, value in node.value:
        here = (*path, str(key.value))
        above = _above(lines, key.start_mark.line, key.start_mark.column)
        if above:
            found[here] = " ".join(above)
        if isinstance(value, yaml.MappingNode):
            _collect(value, here, lines, found)


def _above(lines: list[str], line: int, column: int) -> list[str]:
    """Return the comment lines directly above a line that start in its column."""
    start = " " * column + "#"
    first = line
    while first > 0 and lines[first - 1].startswith(start):
        first -= 1
    return [each.strip().removeprefix("#").strip() for each in lines[first:line]]
