"""Validate an environment's values with environments/schema.json, the platform's own JSON Schema, if it has one."""

from __future__ import annotations

import re
from functools import reduce
from typing import Any

from penstock.core.errors import Findings
from penstock.core.files import walk
from penstock.core.model import Json, decode
from penstock.hydrate.rules import OWN, VALUES
from penstock.hydrate.select import Component
from penstock.platform import environments, lineage, values
from penstock.platform.environments import Values
from penstock.platform.layout import SCHEMA_NAME, Layout

# `.Values.loki.retention`: the section is loki.
_SECTION = re.compile(r"\.Values\.(\w+)")


def refuse_untyped(layout: Layout, environment: str) -> None:
    """Raise Findings, with file and key, for every value that the schema refuses."""
    schema = values.schema(layout)
    if not schema:
        return
    from penstock.core.schema import faults  # too slow for a run that has nothing to do

    layers = environments.layers(layout, environment)
    merged = _merged(layers)
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


def refuse_unfit(layout: Layout, environment: str, components: list[Component]) -> None:
    """Raise Findings for values that components of a revision need otherwise, by the schema of that time."""
    schema = _then(layout)
    if not schema:
        return
    from penstock.core.schema import faults  # as above

    layers = environments.layers(layout, environment)
    merged = _merged(layers)
    findings = [
        f"{_file(layers, fault.path)}: {fault}, which components/{component.name} reads"
        for component in components
        for fault in faults(_narrowed(schema, _read_by(component)), merged)
    ]
    if findings:
        raise Findings(findings, f"move the pin: inv promote {environment} -c COMPONENT; or set these keys", VALUES)


def _merged(layers: dict[str, Values]) -> Values:
    return reduce(environments.merged, layers.values(), {})


def _then(layout: Layout) -> Json:
    """Return the schema of the revision of the sources; empty without one."""
    path = layout.sources / "environments" / SCHEMA_NAME if layout.sources else None
    return decode(path.read_bytes(), Json) if path and path.is_file() else {}


def _read_by(component: Component) -> set[str]:
    """Return the sections of the values that the templates of a component name."""
    texts = [path.read_text(errors="replace") for path in walk(component.folder) if path.suffix == ".gotmpl"]
    return {name for text in texts for name in _SECTION.findall(text)}


def _narrowed(schema: Json, sections: set[str]) -> Json:
    """Return a schema of these sections alone, which allows any other keys."""
    return {
        **_opened(schema),
        "properties": {key: _opened(inner) for key, inner in schema.get("properties", {}).items() if key in sections},
        "required": [key for key in schema.get("required", []) if key in sections],
    }


def _opened(node: Any) -> Any:
    if isinstance(node, list):
        return [_opened(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _opened(inner) for key, inner in node.items() if (key, inner) != ("additionalProperties", False)}


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
