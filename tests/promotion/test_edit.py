"""The text of an environment's file when its pins change: comments and formatting stay."""

from __future__ import annotations

import pytest

from penstock.core.errors import PenstockError
from penstock.promotion.edit import Own, edited

HEAD = "# A region.\nextends: production\n\ncluster:\n  name: far  # of its own\n"
PINNED = (
    HEAD
    + "\n# It lags behind.\nsources:\n  revision: v1  # all\n  components:\n"
    + "    # Loki's index\n    loki: v2  # wait for it\n"
    + "    tempo: 'v3'\n\nstorage:\n  className: gp3\n"
)


@pytest.mark.parametrize(
    ("text", "pins", "expected"),
    [
        (HEAD, Own(), HEAD),
        (HEAD, Own("v1"), HEAD + "\nsources:\n  revision: v1\n"),
        (
            HEAD.rstrip("\n"),
            Own("", {"b": "v2", "a": "v1"}),
            HEAD + "\nsources:\n  components:\n    a: v1\n    b: v2\n",
        ),
        ("", Own("v1"), "\nsources:\n  revision: v1\n"),
        (PINNED, Own("v1", {"loki": "v2", "tempo": "v3"}), PINNED),
        (
            PINNED,
            Own("v9", {"loki": "v8", "tempo": "v3"}),
            PINNED.replace("revision: v1", "revision: v9").replace("loki: v2", "loki: v8"),
        ),
        (PINNED, Own("v1", {"loki": "v2"}), PINNED.replace("    tempo: 'v3'\n", "")),
        (
            PINNED,
            Own("v1", {"loki": "v2", "tempo": "v3", "demo": "v4"}),
            PINNED.replace("    tempo: 'v3'\n", "    tempo: 'v3'\n    demo: v4\n"),
        ),
        (PINNED, Own("", {"loki": "v2", "tempo": "v3"}), PINNED.replace("  revision: v1  # all\n", "")),
        (
            HEAD + "sources:\n  components: {loki: v1}\n",
            Own("v2", {"loki": "v1"}),
            HEAD + "sources:\n  revision: v2\n  components:\n    loki: v1\n",
        ),
        (HEAD + "sources: {revision: v1}\nzoo: 1\n", Own("v2"), HEAD + "sources:\n  revision: v2\nzoo: 1\n"),
        (HEAD + "sources:\n  components:\n    loki: v1\n", Own("v2", {"loki": "v1"}), None),
        (HEAD + "\nsources:\n  revision: v1\n", Own(), HEAD),
    ],
)
def test_an_edit(text: str, pins: Own, expected: str | None) -> None:
    expected = expected or HEAD + "sources:\n  revision: v2\n  components:\n    loki: v1\n"
    assert edited(text, "environments/far.yaml", pins) == expected


def test_the_comment_above_stays_and_those_inside_go() -> None:
    result = edited(PINNED, "environments/far.yaml", Own())
    assert "# It lags behind.\n" in result
    assert "Loki's index" not in result
    assert result.endswith("\nstorage:\n  className: gp3\n")


def test_a_form_that_can_not_be_edited() -> None:
    with pytest.raises(PenstockError, match=r"^environments/far\.yaml: `sources` can't be edited") as caught:
        edited("{cluster: {name: far}}\n", "environments/far.yaml", Own("v1"))
    assert caught.value.hint == "write there:\nsources:\n  revision: v1"
