"""The gate e2e-PROVIDER: creates, tests and deletes a real cluster, on a throw-away copy of the working tree."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.gates.e2e import remains
from penstock.gates.e2e.evidence import collect
from penstock.gates.e2e.steps import STEPS, Run, Step, down
from penstock.gates.e2e.trial import Trial, trial
from penstock.platform import environments
from penstock.platform.layout import find_platform

_DOWN_SECONDS = 300.0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise PenstockError(
            message,
            "python -m penstock.gates e2e --provider NAME [-e ENV] [--component NAME] [--evidence FOLDER]"
            " [--images FOLDER] [--workers N]",
        )


def e2e(argv: list[str]) -> None:
    """Run the steps; raises Findings for the one that failed, after collecting evidence and deleting the cluster."""
    parser = _Parser(prog="e2e", add_help=False)
    parser.add_argument("--provider", required=True)
    parser.add_argument("-e", "--environment", default="")
    parser.add_argument("--component", default="demo")
    parser.add_argument("--images", default="")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--evidence", default=os.environ.get("PENSTOCK_EVIDENCE", ""))
    arguments = parser.parse_args(argv)
    layout = find_platform()
    known = environments.names(layout)
    provider = arguments.provider
    environment = arguments.environment or (provider if provider in known else environments.one(layout, ""))
    environments.one(layout, environment)
    if not (layout.components / arguments.component).is_dir():
        raise PenstockError(
            f"components/{arguments.component} doesn't exist", "name the component to remove with --component"
        )
    evidence = Path(arguments.evidence).resolve() if arguments.evidence else None
    images = str(Path(arguments.images).resolve()) if arguments.images else ""
    with trial(layout, environment, provider, images, arguments.workers) as copy:
        _try(copy, arguments.component, evidence)


def _try(copy: Trial, component: str, evidence: Path | None) -> None:
    run = Run(copy, component, remains.look(copy.layout.root.parent))
    ended = False
    rows: list[list[str]] = []
    try:
        for step in STEPS:
            rows += [_carry_out(step, run)]
        ended = True
    finally:
        console.table(["STEP", "RESULT", "TIME", "SEEN"], rows)
        if not ended:
            _clean_up(run, evidence)
    console.good(f"{copy.environment} on {copy.provider}: {len(rows)} steps passed")


def _carry_out(step: Step, run: Run) -> list[str]:
    """Run a step, and return its row of the table; raises Findings with its name, its errors and a hint."""
    console.info(f"== {step.name}")
    start = time.monotonic()
    try:
        seen = step.run(run, step.seconds)
    except PenstockError as error:
        looks = [part for part in (error.hint, f"look at: {step.look}") if part]
        raise Findings([f"{step.name}: {line}" for line in error.message.splitlines()], "\n".join(looks)) from error
    return [step.name, "passed", console.seconds(time.monotonic() - start), seen]


def _clean_up(run: Run, evidence: Path | None) -> None:
    """Collect evidence and delete the cluster after a failure; further failures are only printed."""
    if evidence is not None:
        _attempt(lambda: collect(run.trial, evidence))
    _attempt(lambda: down(run, _DOWN_SECONDS))


def _attempt(action: Callable[[], object]) -> None:
    try:
        action()
    except Exception as error:  # the earlier failure matters more
        for line in str(error).splitlines() or [type(error).__name__]:
            console.warn(f"after the failure: {line}")
