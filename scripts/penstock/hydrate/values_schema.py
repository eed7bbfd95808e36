"""The values of an environment against environments/schema.json, the platform's own JSON Schema, where it has one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import SCHEMA_NAME, Layout
from penstock.core.nearest import nearest
from penstock.platform import environments
from penstock.platform.environments import Values


def refuse_untyped(layout: Layout, environment: str) -> None:
    """Findings, each with the file and the key, for every value that the schema refuses."""
    path = layout.environments / SCHEMA_NAME
    if not path.is_file():
        return
    from jsonschema import Draft202012Validator  # costs more than a run that has nothing to do

    try:
        schema = msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise PenstockError(f"{layout.relative(path)}: not JSON: {error}", "fix the file named above") from None
    layers = environments.layers(layout, environment)
    values: Values = {}
    for layer in layers.values():
        values = environments.merged(values, layer)
    for key in environments.ENGINE_KEYS:
        values.pop(key, None)  # the engine has its own model of them
    findings = [
        f"{_file(layers, found.absolute_path)}: {line}"
        for found in sorted(Draft202012Validator(schema).iter_errors(values), key=lambda found: found.json_path)
        for line in _lines(found)
    ]
    if findings:
        raise Findings(findings, f"{layout.relative(path)} has the keys and their types")


def _file(layers: dict[str, Values], path: Any) -> str:
    """The file that a value is from: the last one that has it, or the beginning of its path."""
    steps = list(path)
    for length in range(len(steps), -1, -1):
        holding = [name for name, layer in layers.items() if _has(layer, steps[:length])]
        if holding:
            return holding[-1]
    return next(reversed(layers))


def _has(value: Any, steps: list[Any]) -> bool:
    for step in steps:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True


def _lines(found: Any) -> Iterator[str]:
    where = ".".join(str(step) for step in found.absolute_path)
    inside = f" (in {where})" if where else ""
    if found.validator == "additionalProperties":
        known = list(found.schema.get("properties", {}))
        for key in sorted(found.instance.keys() - set(known)):
            near = nearest(key, known)
            meant = f", did you mean `{near}`?" if near else ""
            yield f"unknown key `{key}`{inside}{meant}"
    elif found.validator == "required":
        for key in found.validator_value:
            if key not in found.instance:
                yield f"the key `{key}` is missing{inside}"
    else:
        yield f"{where}: {found.message}"
