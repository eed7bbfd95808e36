"""What every check gives: one verdict for each reference, proven or not."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.platform.external import Given


@dataclass(frozen=True)
class Verdict:
    """A reference: where it stands, what is wrong with it (nothing when it's proven), what declaration it rests on."""

    file: str
    path: str
    fault: str = ""
    given: Given | None = None

    def __str__(self) -> str:
        """As a finding."""
        return f"{self.file}: {self.path}: {self.fault}"
