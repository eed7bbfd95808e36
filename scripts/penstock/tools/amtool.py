"""Adapter for amtool."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from penstock.core.process import Command, run
from penstock.tools.resolver import resolve


def check_config(config: Path) -> list[str]:
    """Return the faults of an alertmanager.yml and its templates."""
    result = run(_command("check-config", config, ok=(0, 1)))
    faults = re.findall(r"FAILED: (.*?)(?=\nFound:|\n\n|\Z)", result.text, re.DOTALL)
    return [" ".join(fault.split()) for fault in faults] or ([result.complaint] if result.code else [])


def receivers(config: Path, labels: Mapping[str, str]) -> str:
    """Return the receivers of an alert with these labels, separated by commas."""
    arguments = [f"{name}={json.dumps(value)}" for name, value in labels.items()]
    return run(_command("config", "routes", "test", f"--config.file={config}", *arguments)).text.strip()


def _command(*arguments: str | Path, ok: tuple[int, ...] = (0,)) -> Command:
    return Command([resolve("amtool"), *arguments], env={"HOME": "/", "PATH": ""}, bare=True, ok=ok)
