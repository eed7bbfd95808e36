"""How messages name many environments, and what of a text is an environment's own."""

from __future__ import annotations

import pytest

from penstock.platform.environments import also, shown, unnamed

EVERY = [f"e{number}" for number in range(10)]


@pytest.mark.parametrize(
    ("names", "every", "text"),
    [
        (["e0"], EVERY, "e0"),
        (EVERY[:4], EVERY[:4], "e0, e1, e2, e3"),
        (EVERY[:5], EVERY, "e0, e1, e2 and 2 more"),
        (EVERY, EVERY, "all 10 environments"),
        (EVERY[3:], EVERY, "7 environments, all but e0, e1, e2"),
        (EVERY[4:], EVERY, "e4, e5, e6 and 3 more"),
        (EVERY, [], "e0, e1, e2 and 7 more"),
    ],
)
def test_a_few_words_for_many_environments(names: list[str], every: list[str], text: str) -> None:
    assert shown(names, every) == text


def test_the_others() -> None:
    assert also([]) == ""
    assert also(["e1", "e2"]) == " (also in e1, e2)"


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("manifests/e1/shop/a.yaml", "manifests/*/shop/a.yaml"),
        ("manifests/e1 is stale", "manifests/* is stale"),
        ("./manifests/e1.", "./manifests/*."),
        ("manifests/e10/a.yaml", "manifests/e10/a.yaml"),
        ("manifests/e1-eu/a.yaml", "manifests/e1-eu/a.yaml"),
        ("e1 reads manifests/e2/a.yaml", "e1 reads manifests/e2/a.yaml"),
    ],
)
def test_only_the_path_of_the_environment_is_its_own(text: str, without: str) -> None:
    assert unnamed(text, "e1") == without
