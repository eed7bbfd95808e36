"""The comments of a YAML file, by the key that they stand above."""

from __future__ import annotations

import yaml

from penstock.core.yaml import compose

Path = tuple[str, ...]


def comments(text: bytes) -> dict[Path, str]:
    """The path of a key -> the comment right above it, as one line."""
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
    """The lines of comment above a line that begin in the same column."""
    start = " " * column + "#"
    first = line
    while first > 0 and lines[first - 1].startswith(start):
        first -= 1
    return [each.strip().removeprefix("#").strip() for each in lines[first:line]]
