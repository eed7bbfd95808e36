"""YAML at the edge: read once, into frozen models that refuse unknown keys."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec
import yaml

from penstock.core.errors import PenstockError

Model = TypeVar("Model")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The base of every model that is read from a file."""


def parse(text: str | bytes, name: Path | str) -> Any:
    """One YAML document as plain values; PenstockError with file, line and column when it isn't YAML."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506, it is a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise PenstockError(f"{name}{where}: not YAML: {error.problem}", "mend the line named above") from None
    except yaml.YAMLError as error:
        raise PenstockError(f"{name}: not YAML: {error}", "mend the file named above") from None


def parse_all(text: str | bytes, name: Path | str) -> list[Any]:
    """Every YAML document of a stream that is not empty."""
    try:
        return [document for document in yaml.load_all(text, Loader=_Loader) if document is not None]
    except yaml.YAMLError as error:
        raise PenstockError(f"{name}: not YAML: {error}", "mend the file named above") from None


def load(path: Path, model: type[Model], name: Path | str = "") -> Model:
    """Read a YAML file into a model; PenstockError names the file, the path inside it and the nearest right key."""
    return convert(parse(path.read_bytes(), name or path), model, name or path)


def convert(values: Any, model: type[Model], name: Path | str) -> Model:
    """Plain values into a model, with the same errors as `load`."""
    try:
        return msgspec.convert(values if values is not None else {}, model)
    except msgspec.ValidationError as error:
        raise PenstockError(f"{name}: {_readable(str(error))}", _suggestion(str(error), model)) from None


def _readable(message: str) -> str:
    message = re.sub(r"Object contains unknown field `(.+?)`", r"unknown key `\1`", message)
    message = re.sub(r"Object missing required field `(.+?)`", r"the key `\1` is missing", message)
    return re.sub(r" - at `\$\.?(.*)`$", r" (in \1)", message)


def _suggestion(message: str, model: Any) -> str:
    unknown = re.search(r"unknown field `(.+?)`", message)
    if not unknown:
        return "see docs/reference/files.md for the keys and their types"
    keys = sorted(_keys(model))
    near = difflib.get_close_matches(unknown[1], keys, n=1)
    return f"did you mean `{near[0]}`?" if near else f"the keys are {', '.join(keys)}"


def _keys(model: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(model, type) and issubclass(model, msgspec.Struct):
        for field in msgspec.structs.fields(model):
            found |= {field.encode_name} | _keys(field.type)
    for inner in get_args(model):
        found |= _keys(inner)
    return found
