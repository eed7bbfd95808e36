"""The gate: actionlint accepts every workflow of .github/workflows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from penstock.core.process import Command, run
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.registry import gate
from penstock.platform.layout import Layout
from penstock.tools.resolver import resolve

_HINT = "fix the workflow; https://github.com/rhysd/actionlint explains each check"
_FAULT = Rule(
    "actionlint/workflow",
    "A fault that actionlint finds in a workflow.",
    "GitHub reports it only when the workflow runs, or never.",
    "Fix the workflow; https://github.com/rhysd/actionlint explains each check.",
)
_LINE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<message>.*)")


@gate("actionlint", rules=[_FAULT], needs=["actionlint"])
def actionlint(platform: Layout) -> Iterator[Finding | Proven]:
    """GitHub can run every workflow."""
    files = sorted((platform.root / ".github" / "workflows").glob("*.y*ml"))
    if not files:
        yield Proven("there are no workflows")
        return
    argv: list[str | Path] = [resolve("actionlint"), "-no-color", "-oneline", *files]
    for text in run(Command(argv, cwd=platform.root, ok=(0, 1))).text.splitlines():
        match = _LINE.fullmatch(text)
        if match:
            message = f"line {match['line']}: {match['message']}"
            yield Finding(_FAULT.id, message, _HINT, match["file"], int(match["line"]))
        else:
            yield Finding(_FAULT.id, text, _HINT)
    yield Proven(f"{len(files)} workflows checked")
