"""The OpenTelemetry Collector: `validate` of a collector built from the same components."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.core.nearest import ending
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.root import root
from penstock.gates.config.subject import Subject, named
from penstock.platform.files import MountedFile
from penstock.platform.layout import Layout
from penstock.tools import otelcol

_VARIABLE = re.compile(r"(?<!\$)\$\{(?:env:)?([A-Za-z_]\w*)(:-[^}]*)?\}")
_UNKNOWN = re.compile(r'(\w+): unknown type: "([^"]+)" for id: .* \(valid values: \[(.*)\]\)')


def checks(subject: Subject, _: Layout) -> Iterator[Check]:
    """A check of the collector's configuration."""
    config = subject.config_file("config")
    variables = subject.variables
    inputs = (config.text, *subject.mounts, *(f"{name}={value}" for name, value in sorted(variables.items())))

    def valid() -> Outcome:
        with root(subject) as files:
            faults = otelcol.validate(files.path(config.path), variables)
            explained = [_explained(files.inward(fault)) for fault in faults]
        return Outcome("valid", (*_unset(subject, config), *explained))

    yield Check(
        subject.rendered.environment,
        named(config),
        subject.deployed,
        f"otelcol {otelcol.version()} built from tools/otelcol",
        inputs,
        valid,
    )


def _explained(fault: str) -> str:
    unknown = _UNKNOWN.match(fault)
    if not unknown:
        return fault
    section, kind, known = unknown.groups()
    near = ending(kind, known.split())
    return f"{section}: unknown component `{kind}`{near}; if the name is right, add it to tools/otelcol/main.go"


def _unset(subject: Subject, config: MountedFile) -> Iterator[str]:
    """A fault for each variable that the container lacks: the collector would expand it to an empty string."""
    for name in dict.fromkeys(name for name, default in _VARIABLE.findall(config.text) if not default):
        if name not in subject.variables and not subject.has_unknown_variables:
            yield f"${{env:{name}}}: the container has no such variable{ending(name, subject.variables)}"
