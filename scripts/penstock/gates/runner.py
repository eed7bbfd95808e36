"""Run a gate over a platform, and collect its findings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from penstock.core import console
from penstock.core.errors import Findings
from penstock.gates.finding import Finding, Proven, merged
from penstock.gates.registry import Check, Gate
from penstock.platform.layout import Layout
from penstock.tools import resolver


@dataclass(frozen=True)
class Result:
    """The findings of a gate, and what it proved."""

    gate: str
    findings: list[Finding]
    proven: list[Proven]

    def below(self, folder: str) -> Result:
        """The result with `folder` in front of every file path; an empty folder changes nothing."""
        moved = [
            replace(each, file=f"{folder}/{each.file}") if folder and each.file else each for each in self.findings
        ]
        return replace(self, findings=moved)


def run(gate: Gate, platform: Layout) -> Result:
    """Run a gate; proofs are printed as the gate yields them."""
    resolver.ensure(list(gate.needs))
    return _collected(gate.name, gate.check, platform)


def prove(check: Check, platform: Layout) -> None:
    """Run a gate's function; raises Findings with one line per finding."""
    result = _collected("", check, platform)
    if result.findings:
        raise Findings([str(finding) for finding in result.findings], hints(result.findings))


def hints(findings: list[Finding]) -> str:
    """The hints of some findings, one per line, without duplicates."""
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
