"""Run a gate over a platform and report what it yields."""

from __future__ import annotations

from dataclasses import dataclass, replace

from penstock.core import console
from penstock.core.errors import Findings
from penstock.core.layout import Layout
from penstock.gates.finding import Finding, Proven, merged
from penstock.gates.registry import Check, Gate
from penstock.tools import resolver


@dataclass(frozen=True)
class Result:
    """What a gate found and proved."""

    gate: str
    findings: list[Finding]
    proven: list[Proven]

    def below(self, folder: str) -> Result:
        """The same with the paths of files below a folder; an empty one leaves them as they are."""
        moved = [
            replace(each, file=f"{folder}/{each.file}") if folder and each.file else each for each in self.findings
        ]
        return replace(self, findings=moved)


def run(gate: Gate, platform: Layout) -> Result:
    """Everything that the gate yields; what is proven is shown as it comes."""
    resolver.ensure(list(gate.needs))
    return _collected(gate.name, gate.check, platform)


def prove(check: Check, platform: Layout) -> None:
    """Run a gate's function; Findings with a line for each finding."""
    result = _collected("", check, platform)
    if result.findings:
        raise Findings([str(finding) for finding in result.findings], hints(result.findings))


def hints(findings: list[Finding]) -> str:
    """How to fix these findings, each way once."""
    return "\n".join(dict.fromkeys(finding.hint for finding in findings))


def _collected(name: str, check: Check, platform: Layout) -> Result:
    findings: list[Finding] = []
    proven: list[Proven] = []
    for each in check(platform):
        if isinstance(each, Proven):
            proven.append(each)
            console.good(str(each))
        else:
            findings.append(each)
    return Result(name, merged(findings), proven)
