"""Which cluster a verb is about, when nobody says."""

from __future__ import annotations

import json

import pytest

from penstock.core.errors import PenstockError
from penstock.verbs.target import environment
from support import Platform


@pytest.fixture
def two(good: Platform) -> Platform:
    good.write("helmfile.yaml", "environments:\n  k3d: {}\n  kind: {}\nhelmfiles: [{path: components/*/x}]\n")
    for name, provider in (("k3d", "k3d"), ("kind", "kind")):
        good.write(f"environments/{name}.yaml", f"cluster: {{{provider}: {{image: x}}}}\n")
    return good


def up(platform: Platform, name: str, provider: str) -> None:
    platform.write(f".penstock/{name}/state.json", json.dumps({"provider": provider, "environment": name}))


def test_the_one_that_is_there(two: Platform) -> None:
    up(two, "kind", "kwok")
    assert environment(two.layout, "") == "kind"
    assert environment(two.layout, "k3d") == "k3d"


def test_of_two_that_are_there_none_is_guessed(two: Platform) -> None:
    up(two, "k3d", "kwok")
    up(two, "kind", "kind")
    with pytest.raises(PenstockError, match=r"^there are clusters of k3d and kind$") as caught:
        environment(two.layout, "")
    assert caught.value.hint == "say which one is meant: -e k3d or -e kind"
    assert environment(two.layout, "", "kind") == "kind"


def test_a_wanted_provider_is_not_taken_from_a_cluster_on_another(two: Platform) -> None:
    up(two, "k3d", "kwok")
    assert environment(two.layout, "", "kind") == "kind"
