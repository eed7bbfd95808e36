"""The parsers by which Fluent Bit finds a line's trace, read from the component and tried on lines.

Fluent Bit runs them on Onigmo; Python's re differs in how a group is named, and in nothing else that they use.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from penstock.core import yaml

CONFIG = Path(__file__).parents[2] / "components" / "fluent-bit" / "config" / "fluent-bit.yaml.gotmpl"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def parse(line: str) -> dict[str, str | None]:
    """The fields that the filter `parser` adds for this line: the groups of the first matching parser."""
    config = yaml.parse(CONFIG.read_text())["configMaps"]["fluent-bit"]["fluent-bit.yaml"]
    regexes = {parser["name"]: parser["regex"].replace("(?<", "(?P<") for parser in config["parsers"]}
    (parsers,) = [item["parser"] for item in config["pipeline"]["filters"] if item["name"] == "parser"]
    assert sorted(parsers) == sorted(regexes), "a parser that no filter names, or the other way round"
    return next((match.groupdict() for name in parsers if (match := re.search(regexes[name], line))), {})


@pytest.mark.parametrize(
    "line",
    [
        f'{{"level": "info", "trace_id": "{TRACE}", "span_id": "{SPAN}"}}',
        f'{{"spanId":"{SPAN}","traceId":"{TRACE}"}}',
        f"traceparent: 00-{TRACE}-{SPAN}-01",
        f"level=info traceID={TRACE} msg=hello spanID={SPAN}",
    ],
)
def test_a_line_with_both_ids(line: str) -> None:
    assert parse(line) == {"trace_id": TRACE, "span_id": SPAN}


@pytest.mark.parametrize(
    "line",
    [
        f"2026-11-24 14:12:25.483 UTC [71] trace_id={TRACE} LOG:  insert into api.users: 3 of 3 connections busy",
        f'{{"trace.id": "{TRACE}"}}',
        f'{{"log": "{{\\"traceId\\": \\"{TRACE}\\"}}"}}',
    ],
)
def test_a_line_with_a_trace_alone(line: str) -> None:
    assert parse(line) == {"trace_id": TRACE}


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-24 14:12:25.483 UTC [71] PostgREST LOG:  no id",
        f"id={TRACE}",
        f"trace_id={TRACE}{TRACE}",
        f"sha256:{TRACE}{TRACE}",
        "uuid 4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
    ],
)
def test_a_line_without(line: str) -> None:
    assert parse(line) == {}
