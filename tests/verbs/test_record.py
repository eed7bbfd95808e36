"""inv record: the pictures of README are of real sessions, and hold nothing of the machine that made them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from penstock.core.errors import PenstockError
from penstock.platform.layout import ENGINE
from penstock.verbs.record import ASSETS, SCENES, Scene, Typed, play, record


def test_commands_are_run_one_after_the_other(tmp_path: Path) -> None:
    scene = Scene("Trial", (Typed("echo one >file"), Typed("cat file; pwd; exit 3", code=3)))
    session = play(scene, tmp_path)
    assert [line.text.removesuffix("\r") for line in session.lines] == [
        "\x1b[1;32m$\x1b[0m echo one >file",
        "",
        "\x1b[1;32m$\x1b[0m cat file; pwd; exit 3",
        "one",
        "~/penstock",
        "",
    ]
    starts = [line.start for line in session.lines]
    assert starts == sorted(starts)
    assert starts[2] > 2  # a reader has time for what was typed, though it took none


def test_a_command_that_ends_otherwise_than_it_should_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(PenstockError, match=r"^`echo no; false` ended with 1, not 0$") as caught:
        play(Scene("Trial", (Typed("echo no; false"),)), tmp_path)
    assert "no" in caught.value.hint


def test_an_unknown_scene() -> None:
    with pytest.raises(PenstockError, match=r"^there is no scene `comit`$") as caught:
        record(["comit"])
    assert caught.value.hint == "did you mean `commit`?"


@pytest.mark.parametrize("name", SCENES)
def test_the_pictures_that_are_committed(name: str) -> None:
    path = ENGINE / ASSETS / f"{name}.svg"
    text = path.read_text()
    assert ET.fromstring(text).get("aria-label") == SCENES[name].title  # noqa: S314, we made it
    assert path.stat().st_size < 200_000
    assert f"({ASSETS}/{name}.svg)" in (ENGINE / "README.md").read_text()
    plain = re.sub(r"<[^>]*>", "", text).replace("&#160;", " ").replace("&#x27;", "'").replace("&gt;", ">")
    assert all(typed.line in plain for typed in SCENES[name].typed)
    assert re.findall(r"(?<![\w~.])/(?:home|root|tmp|var|work|Users)\b", plain) == []
