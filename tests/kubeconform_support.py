"""Tables of objects for the gate kubeconform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penstock.core import yaml
from penstock.core.model import Strict, convert
from penstock.core.yaml import parse

_TABLES = Path(__file__).parent / "gates" / "kubeconform"
_ROOT = """
type: object
properties:
  apiVersion: {type: string}
  kind: {type: string}
  metadata: {type: object}
  spec: {type: object, properties: {f: %s}}
"""


class Case(Strict, frozen=True):
    """An object, the definitions that it needs, and its faults."""

    row: str
    text: str
    definition: str = ""
    again: bool = False
    says: list[str] = []
    answer: list[str] = []

    @property
    def item(self) -> dict[str, Any]:
        """The object as plain values."""
        found: dict[str, Any] = parse(self.text, self.row)
        return found


class _Resource(Strict, frozen=True):
    row: str
    schema: str = ""
    value: str | int = ""
    root: str = ""
    resource: str = ""
    says: list[str] = []


class _Object(Strict, frozen=True):
    row: str
    object: dict[str, Any]
    size: int = 0
    again: bool = False
    says: list[str] = []
    answer: list[str] = []


def custom_resources() -> list[Case]:
    """A definition and a resource of it for each row."""
    path = _TABLES / "custom-resources.yaml"
    rows = convert(parse(path.read_bytes(), path), list[_Resource], path)
    return [_custom(number, row) for number, row in enumerate(rows)]


def objects() -> list[Case]:
    """An object of a built-in kind for each row."""
    path = _TABLES / "objects.yaml"
    rows = convert(parse(path.read_bytes(), path), list[_Object], path)
    return [
        Case(
            row=row.row,
            text=yaml.dump(row.object).replace("BIG", "x" * row.size),
            again=row.again,
            says=row.says,
            answer=row.answer,
        )
        for row in rows
    ]


def _custom(number: int, row: _Resource) -> Case:
    group = f"case{number}.example.org"
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": parse(row.root or _ROOT % row.schema, row.row)},
                }
            ],
        },
    }
    body = row.resource or f"spec: {{f: {row.value}}}"
    text = f"apiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: case{number}, namespace: town}}\n{body}\n"
    return Case(row=row.row, text=text, definition=yaml.dump(definition), says=row.says)
