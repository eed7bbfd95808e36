"""A run that is told to end removes what is temporary, whichever signal tells it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import signal, sys, time
from penstock.core.errors import reported
from penstock.core.interrupts import uninterrupted
if sys.argv[1] == "ignored":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
with reported():
    try:
        if sys.argv[1] == "delayed":
            with uninterrupted():
                print("begun", flush=True)
                sys.stdin.readline()
                print("recorded", flush=True)
        print("begun", flush=True)
        sys.stdin.readline()
    finally:
        print("removed", flush=True)
"""


def _start(how: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", PROGRAM, how]
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("how", ["plain", "ignored"])
def test_sigterm_ends_a_run_like_ctrl_c(how: str) -> None:
    with _start(how) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert out == "removed\n"
    assert err.startswith("error: interrupted")
    assert process.returncode == 130


def test_sigterm_waits_for_what_must_be_recorded() -> None:
    with _start("delayed") as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate("go on\n", timeout=30)
    assert out == "recorded\nremoved\n"
    assert process.returncode == 130
