"""The workflows of .github/workflows, checked by actionlint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from penstock.core.layout import Layout
from penstock.core.process import Command, run
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.registry import gate
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
    """Every workflow is one that GitHub can run."""
    files = sorted((platform.root / ".github" / "workflows").glob("*.y*ml"))
    if not files:
        yield Proven("there are no workflows")
        return
    argv: list[str | Path] = [resolve("actionlint"), "-no-color", "-oneline", *files]
    for text in run(Command(argv, cwd=platform.root, ok=(0, 1))).text.splitlines():
        found = _LINE.fullmatch(text)
        if found:
            message = f"line {found['line']}: {found['message']}"
            yield Finding(_FAULT.id, message, _HINT, found["file"], int(found["line"]))
        else:
            yield Finding(_FAULT.id, text, _HINT)
    yield Proven(f"{len(files)} workflows checked")
