"""The environments' values: each says only what is its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from penstock.core.layout import ENGINE, Layout
from penstock.core.model import parse
from penstock.hydrate import environments, typed

LAYOUT = Layout(ENGINE)
NAMES = environments.names(LAYOUT)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value that is no mapping, with its path."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    else:
        yield path, repr(value)


def own(name: str) -> dict[str, str]:
    path = LAYOUT.environments / f"{name}.yaml"
    return dict(leaves(parse(path.read_bytes(), path.name) or {}))


def test_a_value_that_all_environments_repeat_belongs_in_base() -> None:
    shared = set.intersection(*(set(own(name).items()) for name in NAMES))
    assert not shared, "move these to environments/base.yaml"


@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_base_has_already_is_not_said_again(name: str) -> None:
    assert not set(own(name).items()) & set(own("base").items())


@pytest.mark.parametrize("name", NAMES)
def test_the_values_fit_their_schema(name: str) -> None:
    typed.refuse_untyped(LAYOUT, name)
