"""inv test, with small programs instead of nox."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock.core.errors import Findings, PenstockError
from penstock.core.process import Command
from penstock.verbs import test as verb

_TESTS = """
import pathlib, sys
print("2 passed")
report = sys.argv[-1].partition("=")[2]
pathlib.Path(report).write_text('<testsuites><testsuite tests="2" failures="0" errors="0" skipped="0"/></testsuites>')
"""
_GATES = {"lint": "print('clean')", "config": "raise SystemExit(1)", "references": "", "tests": _TESTS}


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb, "_nox", lambda gate, *more: Command([sys.executable, "-c", _GATES[gate], *more]))


def test_all_gates_run_and_the_failed_ones_are_named(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Findings, match="the gate config failed") as caught:
        verb.test(["lint", "config", "references", "tests"])
    assert caught.value.hint == "nox -s config runs it alone"
    shown = capfd.readouterr()
    table = [line.split()[:2] for line in shown.out.splitlines() if line.split(" ")[0] in _GATES]
    assert table == [["lint", "passed"], ["config", "failed"], ["references", "passed"], ["tests", "passed"]]
    assert shown.out.endswith("tests: 2 passed, 0 failed, 0 skipped\n")


def test_the_tests_run_beside_the_gates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    monkeypatch.setitem(_GATES, "tests", f"open({str(begun)!r}, 'w').close()\n{_TESTS}")
    # Ends only if the tests have begun.
    monkeypatch.setitem(_GATES, "lint", f"import os\nwhile not os.path.exists({str(begun)!r}): pass")
    verb.test(["lint", "tests"])


def test_an_unknown_gate_is_refused() -> None:
    with pytest.raises(PenstockError, match="unknown gate `reference`") as refused:
        verb.test(["reference"])
    assert refused.value.hint == "did you mean `references`?"
