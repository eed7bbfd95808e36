"""The verdict of a check on a reference."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.platform.external import ExternalObject


@dataclass(frozen=True)
class Verdict:
    """A reference: its place, its fault (empty if it resolves), and the external object that it resolves to, if any."""

    file: str
    path: str
    fault: str = ""
    external: ExternalObject | None = None

    def __str__(self) -> str:
        """The verdict as a line of a report."""
        return f"{self.file}: {self.path}: {self.fault}"
