"""Validation with JSON Schema 2020-12 (https://json-schema.org/draft/2020-12), with one line per fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from penstock.core.nearest import missing_key, unknown_key

# Rules for single values; the others are about keys.
_OF_VALUES = ("enum", "maximum", "minimum", "pattern", "type")
_SHAPES = {"array": "list", "object": "mapping"}


@dataclass(frozen=True)
class Fault:
    """A fault. `path` is that of the value, or of the mapping if one of its keys is unknown or missing."""

    path: tuple[str | int, ...]
    text: str

    def __str__(self) -> str:
        """Return the text."""
        return self.text


def faults(schema: Mapping[str, Any], value: Any, is_open: Callable[[Any], bool] = lambda _: False) -> list[Fault]:
    """Return the faults of a value, sorted by path. A value that `is_open` is known only at run time and is skipped.

    Messages name the title of a schema, if it has one, instead of the rule.
    """
    rules = {name: _unless(is_open, Draft202012Validator.VALIDATORS[name]) for name in _OF_VALUES}
    errors = extend(Draft202012Validator, rules)(schema).iter_errors(value)
    ordered = sorted(errors, key=lambda error: error.json_path)
    return list(dict.fromkeys(fault for error in ordered for fault in _faults(error)))


def _unless(is_open: Callable[[Any], bool], rule: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def checked(validator: Any, setting: Any, value: Any, schema: Any) -> Iterator[Any]:
        if not is_open(value):
            yield from rule(validator, setting, value, schema) or ()

    return checked


def _faults(error: Any) -> Iterator[Fault]:
    path = tuple(error.absolute_path)
    place = shown(path)
    if error.validator == "additionalProperties":
        known, patterns = list(error.schema.get("properties", {})), error.schema.get("patternProperties", {})
        unknown = (key for key in error.instance if key not in known and not any(re.search(p, key) for p in patterns))
        yield from (Fault(path, unknown_key(key, place, known)) for key in unknown)
    elif error.validator == "required":
        # There is one error per key, without its name; `faults` drops the repeated lines.
        yield from (Fault(path, missing_key(key, place)) for key in error.validator_value if key not in error.instance)
    else:
        yield Fault(path, f"{place or 'the file'}: {_wrong(error)}")


def _wrong(error: Any) -> str:
    value = error.instance
    what = f"`{str(value).lower() if isinstance(value, bool) else value}`"
    if isinstance(value, dict | list):
        what = "a mapping" if isinstance(value, dict) else "a list"
    if "title" in error.schema:
        return f"{what} is not of the type {error.schema['title']}"
    if error.validator == "enum":
        return f"{what} is none of {', '.join(map(str, error.validator_value))}"
    if error.validator == "type" and error.validator_value in _SHAPES:
        keys = error.schema.get("properties")
        more = f"; its keys are {', '.join(keys)}" if keys else ""
        return f"{what} is not a {_SHAPES[error.validator_value]}{more}"
    return str(error.message)


def shown(path: tuple[str | int, ...]) -> str:
    """Format a path for reading: periods[1].from."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
