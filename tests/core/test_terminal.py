"""Programs on a terminal, and beside others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from penstock.core.process import Command, CommandMissing, CommandTimedOut
from penstock.core.terminal import beside, on_terminal

# Ends in order on Ctrl-C, which a background job of a shell would ignore.
_ORDERLY = """
import pathlib, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
print("started", flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    pathlib.Path(sys.argv[1]).write_text("cleaned up")
"""
_PARENT = """
import pathlib, signal, sys, time
from penstock.core.process import Command
from penstock.core.terminal import beside
signal.signal(signal.SIGINT, signal.default_int_handler)
with beside(Command([sys.executable, "-c", sys.argv[1], sys.argv[2]]), pathlib.Path(sys.argv[3])) as follow:
    follow(lambda text: print(text, end="", flush=True))
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_program_on_a_terminal_of_its_own() -> None:
    code = "import os, sys; print(sys.stderr.isatty(), os.get_terminal_size().columns, 'ü'); sys.exit(3)"
    seen: list[str] = []
    assert on_terminal(Command(python(code)), 77, seen.append) == 3
    assert "".join(seen) == "True 77 ü\r\n"


def test_a_program_on_a_terminal_is_ended_at_its_deadline() -> None:
    seen: list[str] = []
    with pytest.raises(CommandTimedOut, match="still running after 2 s"):
        on_terminal(Command(["sh", "-c", "echo $$; sleep 600"], timeout=2), 80, seen.append)
    assert not psutil.pid_exists(int("".join(seen)))


def test_what_runs_beside_is_shown_later_and_completely(tmp_path: Path) -> None:
    code = "import sys; print('früh', file=sys.stderr); sys.stdin.readline(); print('late'); sys.exit(3)"
    seen: list[str] = []
    with beside(Command(python(code)), tmp_path / "log") as follow:
        assert follow(seen.append) == 3
    assert "".join(seen) == "früh\nlate\n"


def test_what_runs_beside_goes_on_meanwhile(tmp_path: Path) -> None:
    done = tmp_path / "done"
    with beside(Command(["sh", "-c", f"touch '{done}'"]), tmp_path / "log") as follow:
        while not done.exists():
            pass
        assert follow(print) == 0


def test_what_runs_beside_ends_with_a_block_that_fails(tmp_path: Path) -> None:
    def fail() -> NoReturn:
        children.extend(psutil.Process().children())
        raise ValueError("broken")

    children: list[psutil.Process] = []
    with pytest.raises(ValueError, match="broken"), beside(Command(["sleep", "600"]), tmp_path / "log"):
        fail()
    (child,) = children
    assert not child.is_running()


def test_what_can_not_be_started_beside(tmp_path: Path) -> None:
    with pytest.raises(CommandMissing, match="cannot be started"), beside(Command(["missing"]), tmp_path / "log"):
        pass


def test_an_interrupt_lets_what_runs_beside_clean_up(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    argv = [*python(_PARENT), _ORDERLY, str(mark), str(tmp_path / "log")]
    parent = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, process_group=0)
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        # As a terminal does: the signal goes to the whole group.
        os.killpg(parent.pid, signal.SIGINT)
    assert mark.read_text() == "cleaned up"
