"""The options that several verbs share; importing them loads nothing of the engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """The cluster that a verb changes, as typed; empty, or 0, for what wasn't. `timeout` is in seconds."""

    env: str = ""
    provider: str = ""
    context: str = ""
    source: str = ""
    timeout: int = 0
    yes: bool = False
    dry_run: bool = False
