"""inv test: run every gate and the tests, and print their times and the number of tests."""

from __future__ import annotations

import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.nearest import did_you_mean
from penstock.core.process import Command
from penstock.core.terminal import beside, interactive
from penstock.gates.registry import CI_ONLY, SESSIONS
from penstock.platform.layout import ENGINE

TESTS = "tests"
GATES = ["lint", *(name for name in SESSIONS if name not in CI_ONLY), TESTS]


class Run(NamedTuple):
    """A gate that ended with an exit code after some seconds."""

    gate: str
    code: int
    seconds: float


def test(only: list[str]) -> None:
    """Run the gates in order, even after one fails, and the tests beside them; raises Findings with the failed ones."""
    unknown = [gate for gate in only if gate not in GATES]
    if unknown:
        raise PenstockError(
            f"unknown gate `{unknown[0]}`", did_you_mean(unknown[0], GATES, f"the gates are {', '.join(GATES)}")
        )
    with tempfile.TemporaryDirectory(prefix="penstock-test-") as folder:
        report = Path(folder) / "tests.xml"
        start = time.monotonic()
        runs = _run(only or GATES, report)
        console.table(["GATE", "RESULT", "TIME"], [_row(run) for run in runs])
        console.out(f"{len(runs)} gates in {console.seconds(time.monotonic() - start)}")
        if report.is_file():
            console.out(_count(report))
    failed = [run.gate for run in runs if run.code]
    if failed:
        raise Findings([f"the gate {gate} failed" for gate in failed], f"nox -s {failed[0]} runs it alone")


def _run(gates: list[str], report: Path) -> list[Run]:
    """Run the gates one after the other, and beside them the tests, which mostly wait for clusters."""
    runs = []
    with ExitStack() as stack:
        start = time.monotonic()
        if TESTS in gates:
            tests = _nox(TESTS, "--", f"--junit-xml={report}")
            follow = stack.enter_context(beside(tests, report.with_suffix(".log")))
        for gate in gates:
            console.info(f"== {gate}")
            began = start if gate == TESTS else time.monotonic()
            code = follow(console.raw) if gate == TESTS else interactive(_nox(gate))
            runs.append(Run(gate, code, time.monotonic() - began))
    return runs


def _row(run: Run) -> list[str]:
    return [run.gate, "failed" if run.code else "passed", console.seconds(run.seconds)]


def _nox(gate: str, *posargs: str) -> Command:
    return Command(
        [sys.executable, "-m", "nox", "--no-error-on-missing-interpreters", "-s", gate, *posargs], cwd=ENGINE
    )


def _count(report: Path) -> str:
    """Return how many tests passed, failed and were skipped, from pytest's report."""
    suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314, pytest wrote it
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in suites:
        for key in totals:
            totals[key] += int(suite.get(key, 0))
    bad = totals["failures"] + totals["errors"]
    return f"tests: {totals['tests'] - bad - totals['skipped']} passed, {bad} failed, {totals['skipped']} skipped"
