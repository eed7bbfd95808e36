"""inv test: run every gate, and print their times and the number of tests."""

from __future__ import annotations

import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.nearest import did_you_mean
from penstock.core.process import Command, interactive
from penstock.gates.registry import CI_ONLY, SESSIONS
from penstock.platform.layout import ENGINE

GATES = ["lint", *(name for name in SESSIONS if name not in CI_ONLY), "tests"]


def test(only: list[str]) -> None:
    """Run the gates in order, even after one fails; raises Findings with the failed ones."""
    unknown = [gate for gate in only if gate not in GATES]
    if unknown:
        raise PenstockError(
            f"unknown gate `{unknown[0]}`", did_you_mean(unknown[0], GATES, f"the gates are {', '.join(GATES)}")
        )
    times: dict[str, float] = {}
    failed = []
    with tempfile.TemporaryDirectory(prefix="penstock-test-") as folder:
        report = Path(folder) / "tests.xml"
        for gate in only or GATES:
            console.info(f"== {gate}")
            start = time.monotonic()
            posargs = ["--", f"--junit-xml={report}"] if gate == "tests" else []
            if interactive(_nox(gate, *posargs)):
                failed.append(gate)
            times[gate] = time.monotonic() - start
        rows = [
            [gate, "failed" if gate in failed else "passed", console.seconds(taken)] for gate, taken in times.items()
        ]
        console.table(["GATE", "RESULT", "TIME"], rows)
        if report.is_file():
            console.out(_count(report))
    if failed:
        raise Findings([f"the gate {gate} failed" for gate in failed], f"nox -s {failed[0]} runs it alone")


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
