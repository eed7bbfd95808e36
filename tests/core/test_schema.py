"""Values against a JSON Schema: each fault is one line."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.core.schema import faults

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "namespace"],
    "properties": {
        "name": {"type": "string"},
        "namespace": {"type": "string"},
        "replicas": {"title": "count", "type": "integer", "minimum": 0},
        "mode": {"enum": ["on", "off"]},
        "ports": {"type": "array", "items": {"type": "object", "properties": {"number": {"type": "integer"}}}},
    },
    "patternProperties": {"^x-": {}},
}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, []),
        ({"x-more": 1}, []),
        ({"replcas": 1, "x-more": 1}, ["unknown key `replcas`; did you mean `replicas`?"]),
        ({"replicas": -1}, ["replicas: `-1` is not of the type count"]),
        ({"replicas": True}, ["replicas: `true` is not of the type count"]),
        ({"mode": "of"}, ["mode: `of` is none of on, off"]),
        ({"ports": {}}, ["ports: a mapping is not a list"]),
        ({"ports": [{"number": 1}, 3]}, ["ports[1]: `3` is not a mapping; its keys are number"]),
    ],
)
def test_a_fault_is_one_line(value: dict[str, Any], said: list[str]) -> None:
    assert [str(fault) for fault in faults(SCHEMA, {"name": "a", "namespace": "b", **value})] == said


def test_every_missing_key_is_named_once() -> None:
    assert [fault.text for fault in faults(SCHEMA, {})] == [
        "the key `name` is missing",
        "the key `namespace` is missing",
    ]


def test_what_is_open_is_accepted() -> None:
    value = {"name": "a", "namespace": "b", "replicas": "${N}", "mode": None}
    assert len(faults(SCHEMA, value)) == 2
    assert faults(SCHEMA, value, lambda each: each is None or str(each).startswith("$")) == []


def test_a_fault_knows_where_it_is() -> None:
    (fault,) = faults(SCHEMA, {"name": "a", "namespace": "b", "ports": [{"number": "x"}]})
    assert fault.path == ("ports", 0, "number")
