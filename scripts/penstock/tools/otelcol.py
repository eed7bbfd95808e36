"""Adapter for otelcol, the OpenTelemetry Collector (source: tools/otelcol)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from penstock.core.process import Command, run
from penstock.platform.layout import ENGINE
from penstock.tools.pins import required_version
from penstock.tools.resolver import resolve


def version() -> str:
    """Return the version of the collector's core module, such as 0.155.0."""
    return required_version(ENGINE / "tools" / "otelcol" / "go.mod", "go.opentelemetry.io/collector/otelcol")[1:]


def validate(config: Path, variables: Mapping[str, str]) -> list[str]:
    """Return the faults of a configuration, for a collector with these environment variables."""
    command = Command(
        [resolve("otelcol"), "validate", f"--config={config}"],
        env={**variables, "HOME": "/", "PATH": ""},
        bare=True,
        ok=(0, 1),
    )
    result = run(command)
    return list(_faults(result.complaint.removeprefix("Error: "))) if result.code else []


_IN_COMPONENT = re.compile(r"'(\w+)' error reading configuration for \"([^\"]+)\": (.*)")
_SECTION = re.compile(r"'(receivers|processors|exporters|connectors|extensions|service)' ")


def _faults(output: str) -> Iterator[str]:
    """Yield one line per fault: the collector prints a heading per component, then its faults."""
    component = ""
    for line in filter(None, map(str.strip, output.splitlines())):
        heading = _IN_COMPONENT.match(line)
        if heading or _SECTION.match(line):
            component = f"{heading[1]}.{heading[2]}: " if heading else ""
        fault = heading[3] if heading else line
        if not fault.endswith("the following error(s):"):
            fault = re.sub(r"'[^']*' has invalid keys: ", "unknown key ", _SECTION.sub(r"\1: ", fault))
            yield component + fault
