"""Grafana's rendered data sources: the links between metrics, traces and logs."""

from __future__ import annotations

import re

import pytest

from platform_dashboards import named, object_of, sources

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_thanos_is_the_default_and_all_others_exist() -> None:
    assert {uid for uid, each in sources().items() if each.get("isDefault")} == {"thanos"}
    assert {uid: each["type"] for uid, each in sources().items()} == {
        "alertmanager": "alertmanager",
        "loki": "loki",
        "prometheus": "prometheus",
        "tempo": "tempo",
        "thanos": "prometheus",
    }


def test_every_link_leads_to_a_data_source() -> None:
    links = [uid for each in sources().values() for uid in named(each["jsonData"], "datasourceUid")]
    assert links
    assert set(links) <= set(sources())


def test_dollars_are_escaped() -> None:
    """Grafana would replace a single dollar and the following name by a missing variable."""
    text = object_of("configmap-grafana-datasources.yaml")["data"]["datasources.yaml"]
    assert "$$" in text
    assert "$" not in text.replace("$$", "")


@pytest.mark.parametrize("uid", ["prometheus", "thanos"])
def test_an_exemplar_leads_to_its_trace_by_either_name(uid: str) -> None:
    ways = {each["name"]: each["datasourceUid"] for each in sources()[uid]["jsonData"]["exemplarTraceIdDestinations"]}
    assert ways == {"trace_id": "tempo", "traceID": "tempo"}


def test_a_trace_leads_to_logs_by_structured_metadata() -> None:
    """The selector may contain only stream labels, which the pod and the trace id aren't."""
    way = sources()["tempo"]["jsonData"]["tracesToLogsV2"]
    assert way["customQuery"]
    assert not way["filterByTraceID"]
    assert way["query"] == "{${__tags}} | trace_id = `${__trace.traceId}`"
    assert [each["value"] for each in way["tags"]] == ["namespace"]


@pytest.mark.parametrize(
    "line",
    [
        f'{{"level":"error","trace_id":"{TRACE}"}}',
        f"level=error traceID={TRACE} msg=slow",
        f'trace_id="{TRACE}"',
        f"TraceId: {TRACE},",
    ],
)
def test_a_line_leads_to_its_trace(line: str) -> None:
    fields = sources()["loki"]["jsonData"]["derivedFields"]
    assert {each["datasourceUid"] for each in fields} == {"tempo"}
    by_kind = {each["matcherType"]: each["matcherRegex"] for each in fields}
    assert by_kind["label"] == "trace_id"
    found = re.search(by_kind["regex"], line)
    assert found is not None
    assert found[1] == TRACE


def test_a_line_without_a_trace_leads_nowhere() -> None:
    fields = sources()["loki"]["jsonData"]["derivedFields"]
    pattern = next(each["matcherRegex"] for each in fields if each["matcherType"] == "regex")
    assert re.search(pattern, "trace_id=none span_id=00f067aa0ba902b7") is None
