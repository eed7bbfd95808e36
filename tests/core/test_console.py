"""Progress: a line for each change on a plain stream, one line with a running clock on a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

from penstock.core import console

_STEP = """
from penstock.core import console
with console.step("cluster") as step:
    step.note("waiting for the API server")
    step.live.refresh() if hasattr(step, "live") else None
    step.result = "up"
"""


def test_a_plain_stream_gets_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    with console.step("cluster") as step:
        step.note("the API server")
        step.note("the API server")
        step.note("nodes")
        step.result = "2 nodes"
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"[0-9.]+ s", "N s", line) for line in lines] == [
        "    cluster: the API server (N s)",
        "    cluster: nodes (N s)",
        "  ✓ cluster: 2 nodes  N s",
    ]


@pytest.mark.parametrize(("ci", "live"), [("", True), ("true", False)])
def test_a_terminal_gets_a_clock_unless_it_is_cis(ci: str, live: bool) -> None:
    ours, theirs = pty.openpty()
    env = {**os.environ, "CI": ci, "TERM": "xterm", "COLUMNS": "100"}
    subprocess.run([sys.executable, "-c", _STEP], stderr=theirs, env=env, check=True, timeout=60)
    os.close(theirs)
    said = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert bool(re.search("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", said)) is live
    assert re.search(r"cluster:? waiting for the API server \(?\d", said)
    assert "cluster: up" in said
