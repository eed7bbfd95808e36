"""The formats of a report: text, JSON, GitHub annotations, and SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from penstock.core import console
from penstock.core.model import Json
from penstock.gates.finding import Finding, Rule
from penstock.gates.registry import find
from penstock.gates.runner import Result, hints

Format = Literal["text", "json", "github", "sarif"]
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def report(result: Result, format_: Format) -> None:
    """Print the report: text goes to stderr, every other format to stdout."""
    _FORMS[format_](result)


def as_json(result: Result) -> Json:
    """The report in the schema docs/reference/gate-report.schema.json."""
    return {
        "gate": result.gate,
        "passed": not result.findings,
        "findings": [
            {
                "rule": each.rule,
                "severity": each.severity,
                "message": each.message,
                "hint": each.hint,
                "environments": list(each.environments),
                "object": each.object._asdict() if each.object else None,
                "file": each.file or None,
                "line": each.line or None,
            }
            for each in result.findings
        ],
        "proven": [{"what": each.what, "environment": each.environment or None} for each in result.proven],
    }


def as_sarif(result: Result) -> Json:
    """The report as a SARIF log with one run."""
    reported = {each.rule for each in result.findings}
    used = [rule for rule in find(result.gate).rules if rule.id in reported]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "penstock", "rules": [_descriptor(rule) for rule in used]}},
                "automationDetails": {"id": f"penstock/{result.gate}/"},
                "results": [_result(each) for each in result.findings],
            }
        ],
    }


def _descriptor(rule: Rule) -> Json:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.catches},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
    }


def _result(finding: Finding) -> Json:
    result: Json = {
        "ruleId": finding.rule,
        "level": finding.severity,
        "message": {"text": f"{_located(finding)}. {finding.hint}"},
    }
    if finding.file:
        physical: Json = {"artifactLocation": {"uri": finding.file}}
        if finding.line:
            physical["region"] = {"startLine": finding.line}
        result["locations"] = [{"physicalLocation": physical}]
    elif finding.object:
        result["locations"] = [{"logicalLocations": [{"fullyQualifiedName": finding.object.id, "kind": "resource"}]}]
    return result


def _located(finding: Finding) -> str:
    return finding.below() if finding.file else str(finding)


def _text(result: Result) -> None:
    for each in result.findings:
        (console.error if each.severity == "error" else console.warn)(f"{each} [{each.rule}]")
    if result.findings:
        console.hint(hints(result.findings))


def _json(result: Result) -> None:
    console.out(msgspec.json.format(msgspec.json.encode(as_json(result))).decode())


def _github(result: Result) -> None:
    for each in result.findings:
        place = {"file": each.file, "line": each.line, "title": each.rule}
        shown = ",".join(f"{key}={_property(str(value))}" for key, value in place.items() if value)
        console.out(f"::{each.severity} {shown}::{_data(f'{_located(each)}. {each.hint}')}")
    _text(result)


def _sarif(result: Result) -> None:
    console.out(msgspec.json.format(msgspec.json.encode(as_sarif(result))).decode())


def _data(text: str) -> str:
    """Escape a message as GitHub's toolkit does (actions/toolkit, packages/core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_FORMS: dict[Format, Callable[[Result], None]] = {"text": _text, "json": _json, "github": _github, "sarif": _sarif}
