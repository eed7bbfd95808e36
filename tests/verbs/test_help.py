"""Help, as people ask for it."""

from __future__ import annotations

import subprocess

import pytest

from penstock.core.layout import ENGINE


@pytest.mark.parametrize("words", [["logs", "--help"], ["logs", "-h"], ["--help", "logs"]])
def test_help_of_a_verb_that_has_an_argument_of_its_own(words: list[str]) -> None:
    shown = subprocess.run([ENGINE / "inv", *words], capture_output=True, text=True, check=True, timeout=60)
    assert "Print the log of one local process, or of a workload's pods." in shown.stdout
