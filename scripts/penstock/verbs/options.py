"""Options that several verbs share; importing them loads no other module of the engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """The options of verbs that change a cluster; empty or 0 if not given. `timeout` is in seconds."""

    env: str = ""
    provider: str = ""
    context: str = ""
    source: str = ""
    timeout: int = 0
    yes: bool = False
    dry_run: bool = False
