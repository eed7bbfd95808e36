"""docs/reference/settings.md: every setting of an environment, from environments/ and the engine's model."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from penstock.core.model import Json
from penstock.core.yaml import parse
from penstock.docs.comments import comments
from penstock.platform import environments, lineage
from penstock.platform.environments import Values
from penstock.platform.layout import SCHEMA_NAME, Layout

_HEAD = """\
# Settings

<!-- written by inv reference from environments/ and scripts/penstock/platform/environments.py: change it there -->

What an environment may say: `environments/base.yaml`, and what `environments/NAME.yaml` says otherwise. Templates read
them as `{{ .Values.… }}`; an unknown key, or a value of another type, is refused with its file and place. A setting
without a default stands in every environment's own file. How to add one: [add an
environment](../how-to/add-an-environment.md).
"""
_COLUMNS = "| setting | type | default | elsewhere | meaning |\n|---|---|---|---|---|"
_MISSING = object()


@dataclass(frozen=True)
class Setting:
    """A setting: its path, the name of its type, and its description in the schema or the model."""

    path: tuple[str, ...]
    type: str
    says: str = ""
    default: Any = _MISSING


def page(layout: Layout) -> str:
    """Return the page."""
    schema = parse((layout.environments / SCHEMA_NAME).read_bytes(), SCHEMA_NAME)
    base = (layout.environments / "base.yaml").read_bytes()
    table = _Table(parse(base, "base.yaml"), comments(base), *_own(layout))
    parts = [_HEAD, *_engine(table)]
    for name, section in sorted(schema["properties"].items()):
        parts.append(
            f"## {name}\n{section.get('description', '')}\n\n{table.rows(_settings(section, schema, (name,)))}\n"
        )
    parts.append(_types(schema["$defs"]))
    return "\n".join(parts)


def _own(layout: Layout) -> tuple[dict[str, Values], dict[str, dict[tuple[str, ...], str]]]:
    """The values of the environments' own files, and their comments."""
    paths = {name: lineage.of(layout, name)[-1].path for name in environments.known(layout)}
    texts = {name: path.read_bytes() for name, path in paths.items()}
    return {name: parse(text, name) for name, text in texts.items()}, {n: comments(text) for n, text in texts.items()}


def _engine(table: _Table) -> Iterator[str]:
    """Yield the sections of the engine's own keys, from its model."""
    hints = typing.get_type_hints(environments.Environment)
    for name in environments.ENGINE_KEYS:
        model = hints[name]
        about = (model.__doc__ or "").partition("\n")[0]
        yield f"## {name}\n{about} The engine's own: [files](files.md#environmentsbaseyaml-environmentsnameyaml).\n"
        yield table.rows(_fields(model, (name,))) + "\n"


def _fields(model: type[msgspec.Struct], path: tuple[str, ...]) -> Iterator[Setting]:
    for field in msgspec.structs.fields(model):
        default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        plain, says = _annotated(field.type)
        here = (*path, field.encode_name)
        if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
            yield Setting(here, "group", says)
            yield from _fields(plain, here)
        else:
            yield Setting(here, _python_type(plain), says, _MISSING if default is msgspec.NODEFAULT else default)


def _annotated(hint: Any) -> tuple[Any, str]:
    """Return a type and the description in its msgspec Meta."""
    if typing.get_origin(hint) is typing.Annotated:
        plain, *extra = typing.get_args(hint)
        return plain, next((meta.description for meta in extra if getattr(meta, "description", None)), "")
    return hint, ""


def _python_type(hint: Any) -> str:
    hint, _ = _annotated(hint)
    origin, inner = typing.get_origin(hint), [_python_type(each) for each in typing.get_args(hint)]
    if origin is list:
        return f"list of {inner[0]}"
    if origin is dict:
        return f"map of {inner[0]} to {inner[1]}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(inner)
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(hint))
    return {str: "text", int: "number", float: "number", bool: "true or false", type(None): "nothing"}.get(hint, "any")


def _settings(node: Json, schema: Json, path: tuple[str, ...]) -> Iterator[Setting]:
    """The settings below a part of the schema, groups included."""
    for name, found in node.get("properties", {}).items():
        here = (*path, name)
        reference = found.get("$ref", "").rpartition("/")[2]
        target = {**schema["$defs"].get(reference, {}), **found}
        if "properties" in target:
            yield Setting(here, "group", target.get("description", ""))
            yield from _settings(target, schema, here)
        else:
            named = f"[{reference}](#types)" if reference else _schema_type(target)
            yield Setting(here, named, found.get("description", ""))


def _schema_type(node: Json) -> str:
    if "enum" in node:
        return " or ".join(f"`{value}`" for value in node["enum"])
    kinds = {"string": "text", "integer": "number", "boolean": "true or false", "array": "list", "object": "map"}
    return kinds.get(node.get("type", ""), "any")


def _types(definitions: dict[str, Json]) -> str:
    rows = [
        f"| {name} | {node.get('description') or _schema_type(node)} | "
        f"{_code(node['pattern'].replace('|', chr(92) + '|')) if 'pattern' in node else _range(node)} |"
        for name, node in definitions.items()
        if "properties" not in node
    ]
    return "## Types\n\n| type | what it is | fits |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _range(node: Json) -> str:
    return f"{node['minimum']} or more" if "minimum" in node else ""


@dataclass(frozen=True)
class _Table:
    """Fill the cells of a row from base.yaml, its comments and the environments' files."""

    base: Values
    comments: dict[tuple[str, ...], str]
    environments: dict[str, Values]
    reasons: dict[str, dict[tuple[str, ...], str]]

    def rows(self, settings: Iterator[Setting]) -> str:
        return "\n".join([_COLUMNS, *(self._row(setting) for setting in settings)])

    def _row(self, setting: Setting) -> str:
        group = setting.type == "group"
        default = _at(self.base, setting.path)
        default = setting.default if default is _MISSING else default
        elsewhere: dict[str, list[str]] = {}
        for name, values in () if group else self.environments.items():
            value = _at(values, setting.path)
            if value is not _MISSING:
                elsewhere.setdefault(_value(value), []).append(name)
        cells = [
            f"`{'.'.join(setting.path)}`",
            setting.type,
            "" if group or default is _MISSING else _value(default),
            "; ".join(f"{', '.join(names)}: {value}" for value, names in elsewhere.items()),
            self.comments.get(setting.path) or setting.says or self._reasons(setting.path),
        ]
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    def _reasons(self, path: tuple[str, ...]) -> str:
        """Return the comments in the environments' own files, which apply if nothing else describes the setting."""
        return " ".join(f"{name}: {found[path]}" for name, found in self.reasons.items() if path in found)


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if not isinstance(values, dict) or step not in values:
            return _MISSING
        values = values[step]
    return values


def _value(value: Any) -> str:
    return _code(value if isinstance(value, str) and value else msgspec.json.encode(value).decode())


def _code(text: str) -> str:
    return f"`{text}`"
