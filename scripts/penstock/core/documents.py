"""YAML documents as plain values, equal to the JSON that sigs.k8s.io/yaml produces. Use core/yaml.py to read YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from penstock.core import scalars
from penstock.core.errors import PenstockError

# libyaml, which Go's library is a port of. PyYAML's own parser is slower and reads some texts differently.
_Parser: Any = getattr(yaml, "CSafeLoader", None)
# libyaml skips a byte order mark at the start of a line; Go's library reads it as text.
_INNER_MARK = re.compile(rb"(?:[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9])(\xef\xbb\xbf)")
# An escaped slash, which JSON allows and Go's library rejects.
_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
_OPEN = object()


class Fault(Exception):
    """A fault in a YAML text, with its line and column, which count from one."""

    def __init__(self, place: tuple[int, int], problem: str, hint: str):
        super().__init__(problem)
        self.place, self.problem, self.hint = place, problem, hint


def parser() -> Any:
    """Return PyYAML's class for libyaml; raises PenstockError if PyYAML is built without it."""
    if _Parser is None:
        raise PenstockError("PyYAML is built without libyaml", "install a wheel of PyYAML, or libyaml's headers first")
    return _Parser


def place(data: bytes, offset: int) -> tuple[int, int]:
    """Return the line and column of a byte, counted from one."""
    return data.count(b"\n", 0, offset) + 1, offset - data.rfind(b"\n", 0, offset)


def documents(data: bytes, *, single: bool = False, last_wins: bool = False) -> Iterator[Any]:
    """Yield the documents of a stream. Raises Fault or PyYAML's error for what Kubernetes refuses or silently drops."""
    if found := _INNER_MARK.search(data):
        raise Fault(place(data, found.start(1)), "a byte order mark inside the file", "remove it")
    following = parser()(data).get_event
    following()  # the stream's start
    slashes = data.decode("utf-8-sig", "replace") if b"\\/" in data else ""
    first = True
    while (event := following()).__class__ is yaml.DocumentStartEvent:
        if not first and single:
            _refuse(event, "a second document, where one is expected", "write each document into a file of its own")
        if event.version and event.version != (1, 1):
            _refuse(event, "%YAML of a version other than 1.1, which Kubernetes does not read", "remove the directive")
        yield _Document(following, slashes, last_wins).read()
        following()  # the document's end
        first = False


def _refuse(event: Any, problem: str, hint: str = "fix the line named above") -> NoReturn:
    mark = event.start_mark
    raise Fault((mark.line + 1, mark.column + 1), problem, hint)


class _Document:
    """Convert the events of one document. For each anchor, keep the value and its number of nodes."""

    def __init__(self, following: Any, slashes: str, last_wins: bool):
        self._following = following
        self._slashes = slashes
        self._last_wins = last_wins
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = self._copied = self._flow = 0

    def read(self) -> Any:
        return self._value(self._following())

    def _value(self, event: Any) -> Any:
        value = self._node(event)
        if value.__class__ is float:
            try:
                return scalars.number(value)
            except ValueError as error:
                _refuse(event, str(error), "write a number, or quote it")
        return value

    def _node(self, event: Any) -> Any:
        """Return a node's value, before JSON's conversion of a whole float into an integer."""
        self._nodes += 1
        if event.__class__ is yaml.AliasEvent:
            return self._alias(event)
        if not event.anchor:
            return self._content(event)
        before = self._nodes
        opened = self._anchors[event.anchor] = _OPEN, before
        value = self._content(event)
        if self._anchors[event.anchor] is opened:  # else a nested node has reused the name
            self._anchors[event.anchor] = value, self._nodes - before + 1
        return value

    def _content(self, event: Any) -> Any:
        if event.__class__ is yaml.ScalarEvent:
            if self._slashes and event.style == '"' and self._escapes_a_slash(event):
                _refuse(event, "the escape `\\/`, which Kubernetes does not read", "write the slash alone")
            if self._flow and not event.style and "?" in event.value:
                _refuse(event, "a `?` in unquoted text between brackets or braces", "quote the text")
            return _scalar(event)
        self._flow += event.flow_style
        value = self._mapping() if event.__class__ is yaml.MappingStartEvent else self._sequence()
        self._flow -= event.flow_style
        return value

    def _escapes_a_slash(self, event: Any) -> bool:
        return bool(_SLASH.search(self._slashes, event.start_mark.index, event.end_mark.index))

    def _sequence(self) -> list[Any]:
        found = []
        while (event := self._following()).__class__ is not yaml.SequenceEndEvent:
            found.append(self._value(event))
        return found

    def _mapping(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: set[str] = set()
        while (event := self._following()).__class__ is not yaml.MappingEndEvent:
            if _is_merge(event):
                for layer in self._layers(self._following()):
                    found |= layer
                    merged |= layer.keys()
                continue
            key = self._key(event)
            if key in found and key not in merged and not self._last_wins:
                _refuse(event, f"the key `{repr(key)[1:-1]}` is already set above", "remove one of the two")
            merged.discard(key)
            found[key] = self._value(self._following())
        return found

    def _key(self, event: Any) -> str:
        value = self._node(event)
        if isinstance(value, str):
            return value
        if isinstance(value, dict | list):
            _refuse(event, "a key can't be a mapping or a list")
        try:
            return scalars.key(value)
        except ValueError as error:
            _refuse(event, str(error), "quote the key")

    def _layers(self, event: Any) -> list[dict[str, Any]]:
        """Return the mappings that a `<<` merges, later ones overriding earlier ones."""
        value = self._value(event)
        layers = value[::-1] if event.__class__ is yaml.SequenceStartEvent else [value]
        if not all(isinstance(layer, dict) for layer in layers):
            _refuse(event, "`<<` merges a mapping, or a list of mappings")
        return layers

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            _refuse(event, f"there is no anchor `{event.anchor}` above")
        value, nodes = self._anchors[event.anchor]
        if value is _OPEN:
            _refuse(event, f"the anchor `{event.anchor}` contains itself")
        self._nodes += nodes
        self._copied += nodes
        if self._copied > 100 and self._nodes > 1000 and self._copied / self._nodes > _allowed(self._nodes):
            _refuse(event, "too much of the document is copies of anchors", "write it without anchors")
        return value


def _is_merge(event: Any) -> bool:
    is_sign = event.__class__ is yaml.ScalarEvent and event.value == "<<"
    return is_sign and (event.implicit[0] or event.tag == "tag:yaml.org,2002:merge")


def _scalar(event: Any) -> scalars.Scalar:
    if event.tag is None:
        return scalars.plain(event.value) if event.implicit[0] else event.value
    try:
        return scalars.tagged(event.tag, event.value)
    except ValueError as error:
        _refuse(event, str(error))


def _allowed(nodes: int) -> float:
    """Return the allowed fraction of aliased nodes: allowedAliasRatio in decode.go of go.yaml.in/yaml/v2."""
    return 0.99 - 0.89 * min(1.0, max(0.0, (nodes - 400_000) / 3_600_000))
