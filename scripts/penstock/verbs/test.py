"""inv test: every gate, with its time, and the number of tests at the end."""

from __future__ import annotations

import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import ENGINE
from penstock.core.process import Command, background, interactive
from penstock.gates.registry import SESSIONS

GATES = ["lint", *SESSIONS, "tests"]


def test(only: list[str]) -> None:
    """Run all gates even when one fails, the tests at the same time as the others; Findings names the failed ones."""
    unknown = [gate for gate in only if gate not in GATES]
    if unknown:
        raise PenstockError(f"unknown gate `{unknown[0]}`", f"the gates are {', '.join(GATES)}")
    gates = list(dict.fromkeys(only or GATES))
    with tempfile.TemporaryDirectory(prefix="penstock-test-") as folder:
        report, log = Path(folder) / "tests.xml", Path(folder) / "tests.log"
        tests = _nox("tests", "--", f"--junit-xml={report}")
        if "tests" in gates and len(gates) > 1:
            console.info("== tests: running at the same time as the other gates, printed after them")
            start = time.monotonic()
            with log.open("wb") as output, ThreadPoolExecutor(1) as pool, background(tests, output) as process:
                ended = pool.submit(lambda: (process.wait(), time.monotonic() - start))
                results = {gate: _run(gate, _nox(gate)) for gate in gates if gate != "tests"}
                with console.step("tests"):
                    results["tests"] = ended.result()
            console.info(log.read_text(errors="replace"))
        else:
            results = {gate: _run(gate, tests if gate == "tests" else _nox(gate)) for gate in gates}
        rows = [
            [gate, "failed" if code else "passed", console.seconds(taken)] for gate, (code, taken) in results.items()
        ]
        console.table(["GATE", "RESULT", "TIME"], rows)
        if report.is_file():
            console.out(_count(report))
    failed = [gate for gate, (code, _) in results.items() if code]
    if failed:
        raise Findings([f"the gate {gate} failed" for gate in failed], f"nox -s {failed[0]} runs it alone")


def _nox(*argv: str) -> Command:
    return Command([sys.executable, "-m", "nox", "--no-error-on-missing-interpreters", "-s", *argv], cwd=ENGINE)


def _run(gate: str, command: Command) -> tuple[int, float]:
    """Run a gate on our terminal; its exit code and wall time in seconds."""
    console.info(f"== {gate}")
    start = time.monotonic()
    return interactive(command), time.monotonic() - start


def _count(report: Path) -> str:
    """pytest's count, read from its report: how many tests passed and failed."""
    suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314, we made pytest write it
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in suites:
        for key in totals:
            totals[key] += int(suite.get(key, 0))
    bad = totals["failures"] + totals["errors"]
    return f"tests: {totals['tests'] - bad - totals['skipped']} passed, {bad} failed, {totals['skipped']} skipped"
