"""What a gate reports: findings, each under a rule, and what it has proven."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from penstock.kube.ref import ObjectRef

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Rule:
    """A kind of finding: `id` is gate/name, the rest is prose for `inv explain` and docs/reference/rules.md."""

    id: str
    catches: str
    why: str
    fix: str


@dataclass(frozen=True)
class Finding:
    """One fault: `message` is a line that says what is wrong, `hint` says how to fix it.

    `file` is a path from the platform's root and `line` counts from 1; 0 where no line is known. `environments` are
    those that have the fault.
    """

    rule: str
    message: str
    hint: str
    file: str = ""
    line: int = 0
    object: ObjectRef | None = None
    environments: tuple[str, ...] = ()
    severity: Severity = "error"

    def __str__(self) -> str:
        """The finding as one line of text: where, then what."""
        return self.below(self.file or ", ".join(self.environments))

    def below(self, *where: str) -> str:
        """The message after these places, those that are known, and after the object that it is a predicate of."""
        return ": ".join([*filter(None, where), f"{self.object} {self.message}" if self.object else self.message])

    def also_in(self, environments: tuple[str, ...]) -> Finding:
        """The same finding in more environments."""
        return replace(self, environments=tuple(dict.fromkeys((*self.environments, *environments))))


@dataclass(frozen=True)
class Proven:
    """What holds, with a count: `735 references`; of one environment, or of all where `environment` is empty."""

    what: str
    environment: str = ""

    def __str__(self) -> str:
        """The line of text."""
        return f"{self.environment}: {self.what}" if self.environment else self.what


def merged(findings: list[Finding]) -> list[Finding]:
    """Findings that differ in their environments alone as one, in the order of their first."""
    found: dict[Finding, Finding] = {}
    for finding in findings:
        key = replace(finding, environments=())
        found[key] = found[key].also_in(finding.environments) if key in found else finding
    return list(found.values())
