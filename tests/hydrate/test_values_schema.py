"""The platform's own schema for the values of its environments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.core.errors import Findings, PenstockError
from support import Platform

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["who"],
    "properties": {
        "who": {"type": "string"},
        "shop": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"doors": {"type": "integer"}, "windows": {"type": "integer"}},
        },
    },
}


def refused(platform: Platform, local: str, base: str = "") -> list[str]:
    platform.write("environments/schema.json", json.dumps(SCHEMA))
    path = platform.root / "environments" / "local.yaml"
    kept = "".join(f"{line}\n" for line in path.read_text().splitlines() if not line.startswith("who:"))
    path.write_text(kept + local)
    under = platform.root / "environments" / "base.yaml"
    under.write_text((under.read_text() if under.is_file() else "") + base)
    with pytest.raises(Findings) as caught:
        platform.hydrate()
    return caught.value.findings


def test_values_that_fit_are_hydrated_and_the_schema_is_an_input(good: Platform) -> None:
    loose = {**SCHEMA, "additionalProperties": True}
    good.write("environments/schema.json", json.dumps(loose))
    assert good.findings(), "another schema may refuse what was hydrated before"
    good.hydrate()
    assert not good.findings()


@pytest.mark.parametrize(
    ("local", "base", "said"),
    [
        ("who: town\nshpo: {}\n", "", "environments/local.yaml: unknown key `shpo`; did you mean `shop`?"),
        (
            "who: town\n",
            "shop: {dors: 2}\n",
            "environments/base.yaml: unknown key `dors` (in shop); did you mean `doors`?",
        ),
        ("who: town\nshop: {doors: two}\n", "", "environments/local.yaml: shop.doors: 'two' is not of type 'integer'"),
        ("shop: {}\n", "", "environments/local.yaml: the key `who` is missing"),
    ],
)
def test_the_file_and_the_key_are_named_and_nothing_is_written(
    good: Platform, local: str, base: str, said: str
) -> None:
    before = good.files()
    assert refused(good, local, base) == [said]
    assert good.files() == before


def test_a_schema_that_is_not_json(good: Platform) -> None:
    good.write("environments/schema.json", "{")
    with pytest.raises(PenstockError, match=r"^environments/schema\.json: not JSON"):
        good.hydrate()
