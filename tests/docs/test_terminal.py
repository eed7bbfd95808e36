"""A terminal's session as a picture: what stands when, and that a still picture shows the end."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from rich.text import Text

from penstock.core.process import Command
from penstock.core.terminal import on_terminal
from penstock.docs.terminal import Session, svg

_SVG = "{http://www.w3.org/2000/svg}"
_STEP = """
from penstock.core import console
with console.step("1 cluster") as step:
    for number in range(3):
        step.note(f"node {number}")
        step.live.refresh()
    step.result = "3 nodes"
console.info("done")
"""


def shown(session: Session) -> list[str]:
    """What stands on the terminal at the end."""
    return [Text.from_ansi(line.text).plain.rstrip() for line in session.lines if line.end is None]


def rules(picture: str, animated: bool) -> dict[int, str]:
    """The CSS of each drawn line: what always holds, or what holds for readers who don't mind motion."""
    still, _, moving = picture.partition("@media (prefers-reduced-motion: no-preference)")
    found = re.findall(r'\[clip-path="url\(#session-line-(\d+)\)"\]\{(.*)\}', moving if animated else still)
    return {int(number): css for number, css in found}


def drawn(picture: str) -> list[tuple[int, str]]:
    """The row and text of each line of the still picture."""
    styles, found = rules(picture, animated=False), []
    for text in ET.fromstring(picture).iter(f"{_SVG}text"):  # noqa: S314, we made it
        line = re.fullmatch(r"url\(#session-line-(\d+)\)", text.get("clip-path", ""))
        if line and text.text != "\n" and "visibility:hidden" not in styles[int(line[1])]:
            moved = re.search(r"translateY\((.*)px\)", styles[int(line[1])])
            assert moved
            row = round((float(text.get("y", 0)) + float(moved[1]) - 20) / 24.4)
            found.append((row, (text.text or "").replace("\xa0", " ")))
    return found


def test_a_line_that_is_drawn_again_takes_its_own_place() -> None:
    session = Session()
    session.write("$ go\r\n", 0)
    session.write("build....", 1)
    session.write("\r\x1b[2Kbuild....done\r\n", 3)
    session.write("end\r\n", 4)
    assert [(line.text, line.row, line.start, line.end) for line in session.lines] == [
        ("$ go", 0, 0, None),
        ("build....", 1, 1, 3),
        ("build....done", 1, 3, None),
        ("end", 2, 4, None),
    ]


def test_the_progress_of_a_real_step_is_gone_at_the_end() -> None:
    session = Session()
    command = Command([sys.executable, "-c", _STEP], env={"CI": "", "TERM": "xterm-256color", "NO_COLOR": ""})
    assert on_terminal(command, 80, lambda text: session.write(text, 0)) == 0
    *_, step, done = shown(session)
    assert re.fullmatch(r"  ✓ 1 cluster: 3 nodes  [\d.]+ s", step)
    assert done == "done"
    assert [text for text in shown(session) if "node " in text] == []
    notes = [line for line in session.lines if "1 cluster node" in line.text]
    assert notes
    assert {line.row for line in notes} == {line.row for line in session.lines if "✓" in line.text}


def test_the_still_picture_is_the_end_of_the_session() -> None:
    session = Session()
    session.write("$ go\r\n\x1b[31mwait\x1b[0m", 0)
    session.write("\r\x1b[2Kwaited\r\n", 2)
    session.write(f"{'long ' * 5}\r\n", 3)
    session.write("<&>\r\n", 4)
    picture = svg(session, "Going & coming", 20)
    assert drawn(picture) == [(0, "$ go"), (1, "waited"), (2, "long long long long "), (3, "long "), (4, "<&>")]
    assert ET.fromstring(picture).get("aria-label") == "Going & coming"  # noqa: S314, we made it
    assert "animation" not in " ".join(rules(picture, animated=False).values())
    times = list(rules(picture, animated=True).values())
    assert times[:3] == [
        "animation:appear .01s 0.00s both",
        "animation:pass 2.00s 0.00s",
        "animation:appear .01s 2.00s both",
    ]


def test_a_long_session_is_played_faster() -> None:
    session = Session()
    session.write("a\r\n", 0)
    session.write("b\r\n", 60)
    picture = svg(session, "Long", 20)
    assert "Long, played 3 times as fast" in picture
    assert rules(picture, animated=True)[1] == "animation:appear .01s 20.00s both"


def test_backgrounds_become_colours_of_the_text() -> None:
    session = Session()
    session.write("\x1b[41mFailed\x1b[m\r\n", 0)
    picture = svg(session, "Colours", 20)
    assert "shape-rendering" not in picture
    assert "#cc555a" in picture


def test_nothing_is_loaded_from_elsewhere(tmp_path: Path) -> None:
    session = Session()
    session.write("a\r\n", 0)
    picture = svg(session, "Alone", 20)
    assert re.findall(r"https?://[^\"]*", picture) == ["http://www.w3.org/2000/svg"]
