"""The workflows of .github/workflows, checked by actionlint."""

from __future__ import annotations

from penstock.core import console
from penstock.core.errors import Findings
from penstock.core.layout import find_platform
from penstock.core.process import Command, run
from penstock.tools.resolver import resolve


def workflows() -> None:
    """Findings for every fault that actionlint names; nothing to do where there are no workflows."""
    root = find_platform().root
    files = sorted((root / ".github" / "workflows").glob("*.y*ml"))
    if not files:
        console.good("there are no workflows")
        return
    result = run(Command([resolve("actionlint"), "-no-color", "-oneline", *files], cwd=root, ok=(0, 1)))
    if result.code:
        raise Findings(
            result.text.splitlines(), "mend the workflow; https://github.com/rhysd/actionlint explains each check"
        )
    console.good(f"{len(files)} workflows are well formed")
