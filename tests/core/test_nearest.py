"""What somebody may have meant."""

from __future__ import annotations

import pytest

from penstock.core.nearest import did_you_mean, nearest

KNOWN = ["k3d", "kind", "production", "project"]


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [("prod", "production"), ("pro", "project"), ("kidn", "kind"), ("kind", "kind"), ("xyz", None), ("", None)],
)
def test_the_only_one_that_begins_so_is_meant_else_the_most_alike(wanted: str, meant: str | None) -> None:
    assert nearest(wanted, KNOWN) == meant


def test_the_hint_names_it_or_says_what_there_is() -> None:
    assert did_you_mean("prod", KNOWN, "use one of them") == "did you mean `production`?"
    assert did_you_mean("xyz", KNOWN, "use one of them") == "use one of them"
