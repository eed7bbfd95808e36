"""What a gate reports: findings, each under a rule, and proofs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from penstock.core.rule import Rule
from penstock.kube.ref import ObjectRef
from penstock.platform.environments import also, shown, unnamed

__all__ = ["Finding", "Proven", "Rule", "Severity", "merged"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One fault: `message` states in one line what is wrong, `hint` how to fix it.

    `file` is relative to the platform's root. `line` counts from 1, and is 0 if unknown. `environments` are
    the affected ones.
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
        """The finding as one line: the place, then the message."""
        return self.below(self.file or shown(self.environments))

    def below(self, *where: str) -> str:
        """The message, prefixed with these places, except empty ones, and with the object.

        Where the file is in one environment's manifests, the others that have it too follow.
        """
        said = f"{self.object} {self.message}" if self.object else self.message
        is_own = any(f"manifests/{name}/" in self.file for name in self.environments[:1])
        return ": ".join([*filter(None, where), f"{said}{also(self.environments[1:]) if is_own else ''}"])

    def also_in(self, environments: tuple[str, ...]) -> Finding:
        """The finding, in these environments too."""
        return replace(self, environments=tuple(dict.fromkeys((*self.environments, *environments))))


@dataclass(frozen=True)
class Proven:
    """A proof with its count, such as `735 references`. An empty `environment` stands for all."""

    what: str
    environment: str = ""

    def __str__(self) -> str:
        """The proof as one line, prefixed with its environment."""
        return f"{self.environment}: {self.what}" if self.environment else self.what


def merged(findings: list[Finding]) -> list[Finding]:
    """The findings in their order; those that are equal but for their environment become one, with the first's file."""
    joined: dict[Finding, Finding] = {}
    for finding in findings:
        key = replace(finding, environments=())
        for name in finding.environments[:1]:
            key = replace(key, file=unnamed(key.file, name), message=unnamed(key.message, name))
        joined[key] = joined[key].also_in(finding.environments) if key in joined else finding
    return list(joined.values())
