"""The result of every check: one verdict for each reference, proven or not."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.platform.external import ExternalObject


@dataclass(frozen=True)
class Verdict:
    """A reference: its place, its fault (empty if proven), and the external object that it resolves to, if any."""

    file: str
    path: str
    fault: str = ""
    external: ExternalObject | None = None

    def __str__(self) -> str:
        """As a finding."""
        return f"{self.file}: {self.path}: {self.fault}"
