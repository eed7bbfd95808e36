"""Validate an environment's values with environments/schema.json, the platform's own JSON Schema, if it has one."""

from __future__ import annotations

from typing import Any

from penstock.core.errors import Findings
from penstock.hydrate.rules import OWN, VALUES
from penstock.platform import environments, lineage, values
from penstock.platform.environments import Values
from penstock.platform.layout import SCHEMA_NAME, Layout


def refuse_untyped(layout: Layout, environment: str) -> None:
    """Raise Findings, with file and key, for every value that the schema refuses."""
    schema = values.schema(layout)
    if not schema:
        return
    from penstock.core.schema import faults  # too slow for a run that has nothing to do

    layers = environments.layers(layout, environment)
    merged: Values = {}
    for layer in layers.values():
        merged = environments.merged(merged, layer)
    for key in environments.ENGINE_KEYS:
        merged.pop(key, None)  # the engine has its own model for these
    findings = [f"{_file(layers, fault.path)}: {fault}" for fault in faults(schema, merged)]
    if findings:
        path = layout.environments / SCHEMA_NAME
        raise Findings(findings, f"{layout.relative(path)} has the keys and their types", VALUES)


def refuse_shared(layout: Layout, environment: str) -> None:
    """Raise Findings for each value of one cluster that an environment takes from another: its name, an endpoint."""
    file = layout.relative(lineage.lineage(layout, environment)[-1].path)
    findings = [
        f"{file}: `{setting.key}` is that of {name} ({setting.file}:{setting.line})"
        for setting, name in values.shared(layout, environment)
    ]
    if findings:
        raise Findings(findings, f"set them in {file}: each cluster has its own", OWN)


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
