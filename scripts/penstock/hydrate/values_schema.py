"""Validate an environment's values with environments/schema.json, the platform's own JSON Schema, if it has one."""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.core.errors import Findings, PenstockError
from penstock.hydrate.rules import VALUES
from penstock.platform import environments
from penstock.platform.environments import Values
from penstock.platform.layout import SCHEMA_NAME, Layout


def refuse_untyped(layout: Layout, environment: str) -> None:
    """Raise Findings, with file and key, for every value that the schema refuses."""
    path = layout.environments / SCHEMA_NAME
    if not path.is_file():
        return
    from penstock.core.schema import faults  # too slow for a run that has nothing to do

    try:
        schema = msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise PenstockError(f"{layout.relative(path)}: not JSON: {error}", "fix the file named above") from None
    layers = environments.layers(layout, environment)
    values: Values = {}
    for layer in layers.values():
        values = environments.merged(values, layer)
    for key in environments.ENGINE_KEYS:
        values.pop(key, None)  # the engine has its own model for these
    findings = [f"{_file(layers, fault.path)}: {fault}" for fault in faults(schema, values)]
    if findings:
        raise Findings(findings, f"{layout.relative(path)} has the keys and their types", VALUES)


def _file(layers: dict[str, Values], path: tuple[str | int, ...]) -> str:
    """The file that a value is from: the last one that has it, or the beginning of its path."""
    for length in range(len(path), -1, -1):
        holding = [name for name, layer in layers.items() if _has(layer, path[:length])]
        if holding:
            return holding[-1]
    return next(reversed(layers))


def _has(value: Any, steps: tuple[str | int, ...]) -> bool:
    for step in steps:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True
