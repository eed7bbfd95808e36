"""Read YAML into frozen models that reject unknown keys."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec
import yaml

from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean, missing_key, nearest, unknown_key
from penstock.core.yaml import compose, parse

Model = TypeVar("Model")
Json = dict[str, Any]
"""A document of JSON or YAML that is no Kubernetes object."""
# msgspec completes what it knows of a type when it first sees a value of it. A second thread that reads the same type
# meanwhile makes it crash (0.22, SIGSEGV), so only one reads at a time.
_ONE_READER = threading.Lock()


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The base of all models that are read from files."""


def load(path: Path, model: type[Model], name: Path | str = "") -> Model:
    """Read a YAML file into a model; raises PenstockError with file, path inside it and closest known key."""
    text = path.read_bytes()
    return convert(parse(text, name or path), model, name or path, {str(name or path): text})


def convert(values: Any, model: type[Model], name: Path | str, texts: Mapping[str, bytes] | None = None) -> Model:
    """Convert plain values into a model; raises the same errors as `load`.

    `texts` are the source files of the values, in order of increasing precedence: an error has the line in one of them.
    """
    try:
        with _ONE_READER:
            return msgspec.convert(values if values is not None else {}, model)
    except msgspec.ValidationError as error:
        where = _position(str(error), texts or {}) or str(name)
        raise PenstockError(f"{where}: {_readable(str(error))}", _suggestion(str(error), model)) from None


def decode(text: bytes | str, model: type[Model]) -> Model:
    """Decode JSON into a model, in any thread; raises msgspec.DecodeError, or ValidationError on a mismatch."""
    with _ONE_READER:
        return msgspec.json.decode(text, type=model)


def _position(message: str, texts: Mapping[str, bytes]) -> str:
    """Return file:line:column of the key in a message; empty if no text contains it."""
    inside = re.search(r" - at `\$(.*)`$", message)
    unknown = re.findall(r"unknown field `(.+?)`", message)
    steps = re.findall(r"[^.\[\]]+|\.\.\.", inside[1] if inside else "") + unknown
    for name, text in reversed(list(texts.items())):
        marks = list(_marks(compose(text, name), steps)) if steps else []
        # msgspec doesn't report which value of a mapping has the fault: several may look alike.
        if marks and (unknown or len(marks) == 1):
            return f"{name}:{marks[0].line + 1}:{marks[0].column + 1}"
    return ""


def _marks(node: yaml.Node | None, steps: list[str]) -> Iterator[yaml.Mark]:
    """Yield the position of each key that matches the steps; the step `...` matches any key of a mapping."""
    pairs: list[tuple[str, yaml.Node, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        pairs = [(key.value, key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        pairs = [(str(index), item, item) for index, item in enumerate(node.value)]
    for name, key, value in pairs:
        if steps[0] in (name, "..."):
            if len(steps) == 1:
                yield key.start_mark
            else:
                yield from _marks(value, steps[1:])


def _readable(message: str) -> str:
    text, _, place = re.sub(r" - at `\$\.?(.*)`$", r"\0\1", message).partition("\0")
    if unknown := re.fullmatch(r"Object contains unknown field `(.+?)`", text):
        return unknown_key(unknown[1], place)
    if missing := re.fullmatch(r"Object missing required field `(.+?)`", text):
        return missing_key(missing[1], place)
    return f"{text} (in {place})" if place or text != message else text


def _suggestion(message: str, model: Any) -> str:
    value = re.search(r"Invalid enum value '(.*)' - at `\$(.*)`$", message)
    allowed = _allowed(model, re.findall(r"[^.\[\]]+", value[2])) if value else []
    if value and allowed:
        close = nearest(value[1], allowed)
        return f"{f'did you mean `{close}`? ' if close else ''}the values are {', '.join(allowed)}"
    unknown = re.search(r"unknown field `(.+?)`", message)
    if not unknown:
        return "docs/reference/files.md has the keys and their types"
    # The same key may be valid elsewhere in the file.
    keys = sorted(_keys(model) - {unknown[1]})
    return did_you_mean(unknown[1], keys, f"the keys are {', '.join(keys)}")


def _allowed(model: Any, steps: list[str]) -> list[str]:
    """Return the values that a model allows at this path; empty if it allows any text."""
    if get_origin(model) is Literal:
        return [str(value) for value in get_args(model)] if not steps else []
    if isinstance(model, type) and issubclass(model, msgspec.Struct):
        fields = {field.encode_name: field.type for field in msgspec.structs.fields(model)}
        return _allowed(fields[steps[0]], steps[1:]) if steps and steps[0] in fields else []
    # A list item or a mapping value consumes a step; a union doesn't.
    left = steps[1:] if get_origin(model) in (list, dict, tuple) else steps
    return next((found for inner in reversed(get_args(model)) if (found := _allowed(inner, left))), [])


def _keys(model: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(model, type) and issubclass(model, msgspec.Struct):
        for field in msgspec.structs.fields(model):
            found |= {field.encode_name} | _keys(field.type)
    for inner in get_args(model):
        found |= _keys(inner)
    return found
