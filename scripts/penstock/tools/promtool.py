"""Adapter for promtool."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from penstock.core.process import Command, run
from penstock.tools.resolver import resolve

# 3 means lint faults.
_CODES = (0, 1, 3)
_EMPTY = re.compile(r'time=\S+ level=WARN \S+ msg="Empty environment variable" name=(\w+)')


def check_config(config: Path, variables: Mapping[str, str]) -> list[str]:
    """Return the faults of a prometheus.yml, for a Prometheus with these environment variables.

    Files that it refers to must exist at their paths.
    """
    faults = _faults("check", "config", "--lint=none", config, variables=variables)
    return [
        " ".join(_EMPTY.sub(r"external_labels: the container has no variable \1", fault).split()) for fault in faults
    ]


def check_rules(rules: Path) -> list[str]:
    """Return the faults of a rule file, including duplicate rules."""
    found: dict[str, None] = {}
    for fault in _faults("check", "rules", "--lint=all", "--lint-fatal", rules):
        # A lint fault has several lines; any other fault has one line, which may be printed twice.
        lines = [" ".join(fault.split())] if "lint error" in fault else fault.splitlines()
        found |= dict.fromkeys(line.strip().removeprefix(f"{rules}: ") for line in lines)
    return [line for line in found if line != "yaml: unmarshal errors:"]


def test_rules(tests: Path) -> list[str]:
    """Return the failing unit tests of a file; its rule files must be in the same folder."""
    faults = []
    for fault in _faults("test", "rules", tests):
        cases = re.split(r"(?m)^    (?=alertname:|expr:)", fault)
        faults += [" ".join(case.split()) for case in cases if case.strip()]
    return faults


def _faults(*arguments: str | Path, variables: Mapping[str, str] | None = None) -> list[str]:
    own = {**(variables or {}), "HOME": "/", "PATH": ""}
    command = Command([resolve("promtool"), *arguments], env=own, bare=True, ok=_CODES)
    result = run(command)
    output = result.stderr.decode(errors="replace")
    faults = [fault.strip("\n") for fault in output.split("  FAILED:") if fault.strip()]
    return faults or ([output or f"exit {result.code}"] if result.code else [])
