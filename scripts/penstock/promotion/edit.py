"""Edit `sources:` in the text of an environment's file; comments and everything else stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import yaml

from penstock.core.errors import PenstockError
from penstock.core.yaml import compose, parse, scalars_of

KEY = "sources"


class Own(msgspec.Struct, frozen=True, omit_defaults=True):
    """The pins of one file: what it sets itself, without what it inherits."""

    revision: str = ""
    components: dict[str, str] = {}

    def __bool__(self) -> bool:
        """Whether it sets any."""
        return bool(self.revision or self.components)


class _Edit(msgspec.Struct, frozen=True):
    """Lines to replace: from `start` up to but without `end`."""

    start: int
    end: int
    text: str


def edited(text: str, shown: str, pins: Own) -> str:
    """Return a file's text with exactly these pins; raises PenstockError if it has a form that can't be edited."""
    root = compose(text, shown)
    if root and not _is_block(root):
        raise _refused(shown, pins)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    for edit in sorted(_edits(root, lines, pins), key=lambda each: each.start, reverse=True):
        lines[edit.start : edit.end] = [edit.text] if edit.text else []
    result = "".join(lines).rstrip("\n") + "\n"
    expected = {key: value for key, value in (parse(text, shown) or {}).items() if key != KEY}
    if pins:
        expected[KEY] = msgspec.to_builtins(pins)
    if parse(result, shown) != expected:
        raise _refused(shown, pins)
    return result


def _refused(shown: str, pins: Own) -> PenstockError:
    hint = f"write there:\n{_block(pins)}".rstrip() if pins else f"take `{KEY}` out"
    return PenstockError(f"{shown}: `{KEY}` can't be edited in this form", hint)


def _edits(root: yaml.Node | None, lines: list[str], pins: Own) -> Iterator[_Edit]:
    found = _entries(root).get(KEY)
    if found is None:
        if pins:
            yield _Edit(len(lines), len(lines), f"\n{_block(pins)}")
        return
    key, node = found
    inner = _entries(node)
    components = _entries(inner["components"][1]) if "components" in inner else {}
    is_plain = _is_block(node) and ("components" not in inner or _is_block(inner["components"][1]))
    if not (pins and is_plain and bool(pins.components) == bool(components)):
        yield _Edit(key.start_mark.line, _last(node) + 1, _block(pins))
        return
    yield from _of_mapping(inner, lines, {"revision": pins.revision} if pins.revision else {}, {"components"})
    yield from _of_mapping(components, lines, pins.components, set())


def _of_mapping(
    entries: dict[str, tuple[yaml.Node, yaml.Node]], lines: list[str], wanted: dict[str, str], kept: set[str]
) -> Iterator[_Edit]:
    for name, (key, value) in entries.items():
        at = key.start_mark.line
        if name in wanted and value.value != wanted[name]:
            line, start, end = lines[at], value.start_mark.column, value.end_mark.column
            yield _Edit(at, at + 1, line[:start] + wanted[name] + line[end:])
        elif name not in wanted and name not in kept:
            yield _Edit(at, _last(value) + 1, "")
    added = [name for name in wanted if name not in entries]
    if added and entries:
        indent = " " * next(iter(entries.values()))[0].start_mark.column
        # `revision` comes before `components`, a component after the others.
        at = min(key.start_mark.line for key, _ in entries.values()) if kept else _end(entries)
        yield _Edit(at, at, "".join(f"{indent}{name}: {wanted[name]}\n" for name in added))


def _end(entries: dict[str, tuple[yaml.Node, yaml.Node]]) -> int:
    return max(_last(value) for _, value in entries.values()) + 1


def _entries(node: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {str(key.value): (key, value) for key, value in pairs}


def _is_block(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode) and not node.flow_style


def _last(node: yaml.Node) -> int:
    """The last line of a node: the end of a mapping in YAML's own terms is the start of what follows."""
    if isinstance(node, yaml.CollectionNode) and node.flow_style:
        return int(node.end_mark.line)
    return max((int(scalar.end_mark.line) for scalar in scalars_of(node)), default=int(node.start_mark.line))


def _block(pins: Own) -> str:
    lines = [f"{KEY}:"] if pins else []
    lines += [f"  revision: {pins.revision}"] if pins.revision else []
    lines += ["  components:"] if pins.components else []
    lines += [f"    {name}: {pins.components[name]}" for name in sorted(pins.components)]
    return "".join(f"{line}\n" for line in lines)
