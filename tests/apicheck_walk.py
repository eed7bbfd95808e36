"""Changes of an object, one field each: those that it sets, and those that its kind's schema has besides."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
Schema = dict[str, Any]
# Of the metadata, what a chart sets; the rest is the server's.
_METADATA = ("labels", "annotations", "finalizers", "ownerReferences")
_FIXED = ("apiVersion", "kind", "status")
_DEPTH = 3


class Walk:
    """The changes that a kind's schema allows; `definitions` are the schemas of an API's OpenAPI document."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions

    def changes(self, seed: dict[str, Any], schema: Schema) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each change of the seed: what it does, and the changed object."""
        seen = set()
        for path, value in self._object(seed, schema, ()):
            changed = _put(seed, path, value)
            label = f"{_shown(path)} {'removed' if value is _GONE else value}"
            if changed != seed and label not in seen:
                seen.add(label)
                yield label, changed

    def _any(self, value: Any, schema: Schema, path: Path) -> Iterator[tuple[Path, Any]]:
        schema = self._resolved(schema)
        if isinstance(value, dict):
            yield from self._object(value, schema, path)
        elif isinstance(value, list):
            yield from self._list(value, schema, path)
        else:
            yield from ((path, other) for other in _others(value, schema))

    def _object(self, value: dict[str, Any], schema: Schema, path: Path) -> Iterator[tuple[Path, Any]]:
        properties = self._resolved(schema).get("properties", {})
        more = self._resolved(schema).get("additionalProperties")
        for key, each in value.items():
            if (path == () and key in _FIXED) or (path == ("metadata",) and key not in _METADATA):
                continue
            if (*path, key) != ("metadata",):
                yield (*path, key), _GONE
            yield from self._any(each, properties.get(key) or more or {}, (*path, key))
        for key, missing in properties.items():
            if key not in value and key != "status" and (path != ("metadata",) or key in _METADATA):
                yield from (((*path, key), sample) for sample in self._samples(missing, _DEPTH))
        if isinstance(more, dict):
            yield from (((*path, "more"), sample) for sample in self._samples(more, _DEPTH))
        if properties and path[-1:] != ("metadata",):
            yield (*path, "unknownField"), "a"

    def _list(self, value: list[Any], schema: Schema, path: Path) -> Iterator[tuple[Path, Any]]:
        items = schema.get("items", {})
        yield path, []
        yield path, [*value, value[0]]
        yield path, list(reversed(value))
        yield from ((path, [*value, sample]) for sample in self._samples(items, _DEPTH))
        for number, each in enumerate(value):
            yield path, [*value[:number], *value[number + 1 :]]
            yield from self._any(each, items, (*path, number))

    def _samples(self, schema: Schema, depth: int) -> Iterator[Any]:
        """Small values of a schema."""
        schema = self._resolved(schema)
        if "enum" in schema:
            yield from schema["enum"]
        elif "properties" in schema:
            required = {
                key: next(self._samples(schema["properties"][key], depth - 1), None)
                for key in schema.get("required", [])
            }
            yield required
            if depth > 0:
                for key, each in schema["properties"].items():
                    sample = next(self._samples(each, depth - 1), None)
                    if key not in required and sample is not None:
                        yield {**required, key: sample}
        elif schema.get("type") == "array":
            yield []
            yield from ([sample] for sample in self._samples(schema.get("items", {}), depth - 1))
        elif schema.get("type") == "object":
            sample = next(self._samples(schema.get("additionalProperties") or {"type": "string"}, depth - 1), None)
            yield {"a": sample}
        else:
            yield from _scalars(schema)

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema or len(schema.get("allOf", [])) == 1:
            reference = schema.get("$ref") or schema["allOf"][0].get("$ref")
            if reference is None:
                break
            schema = self._definitions[reference.rpartition("/")[2]]
        return schema


_GONE: Any = object()


def _scalars(schema: Schema) -> list[Any]:
    format_, type_ = schema.get("format"), schema.get("type")
    if format_ == "date-time":
        return ["2020-01-01T00:00:00Z"]
    if format_ == "byte":
        return ["YQ=="]
    if format_ == "int-or-string" or "oneOf" in schema:
        return [1, "1"]
    simple: dict[str | None, list[Any]] = {
        "integer": [1, 0],
        "number": [1],
        "boolean": [True, False],
        "string": ["a"],
    }
    return simple.get(type_, [])


def _others(value: Any, schema: Schema) -> list[Any]:
    """Values in the place of one that is set."""
    if "enum" in schema:
        return [*schema["enum"], "Other"]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, 0]
    if value.endswith("Gi"):
        return [f"{int(value[:-2]) * 1024}Mi", f"{int(value[:-2]) + 1}Gi", "1Mi"]
    return [f"{value}x", f"other-{value}", ""]


def _put(whole: Any, path: Path, value: Any) -> Any:
    """A copy with something else at a path."""
    changed = copy.deepcopy(whole)
    at = changed
    for step in path[:-1]:
        at = at[step]
    if value is _GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return changed


def _shown(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
