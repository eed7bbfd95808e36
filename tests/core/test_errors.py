"""What a person sees when something went wrong, and the exit code that a script sees."""

from __future__ import annotations

import errno
import os

import pytest

from penstock.core.errors import Findings, PenstockError, reported


def outcome(error: BaseException, capsys: pytest.CaptureFixture[str], debug: bool = False) -> tuple[object, str]:
    """The exit code and stderr; stdout stays empty."""
    with pytest.raises(SystemExit) as caught, reported(debug):
        raise error
    printed = capsys.readouterr()
    assert printed.out == ""
    return caught.value.code, printed.err


def test_what_the_user_can_fix(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = outcome(PenstockError("a.yaml: wrong", "write it right"), capsys)
    assert (code, text) == (1, "error: a.yaml: wrong\n  hint: write it right\n")


def test_findings_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = outcome(Findings(["one", "two"], "fix both"), capsys)
    assert (code, text) == (1, "error: one\nerror: two\n  hint: fix both\n")


def test_a_bug_asks_to_be_reported(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = outcome(ZeroDivisionError("oops"), capsys)
    assert code == 3
    assert text.splitlines()[0] == "error: bug: ZeroDivisionError: oops"
    assert "--debug" in text
    assert "Traceback" not in text


def test_debug_adds_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    for error in (PenstockError("wrong", "put it right"), ZeroDivisionError("oops")):
        assert "Traceback" in outcome(error, capsys, debug=True)[1]


def test_an_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = outcome(KeyboardInterrupt(), capsys)
    assert code == 130
    assert text.startswith("error: interrupted")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENOTDIR])
def test_what_the_machine_refuses_is_no_bug(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = outcome(OSError(number, os.strerror(number), "/some/file"), capsys)
    assert code == 1
    assert text.startswith(f"error: /some/file: {os.strerror(number)}\n  hint: ")


def test_nothing_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with reported():
        pass
    assert capsys.readouterr() == ("", "")
