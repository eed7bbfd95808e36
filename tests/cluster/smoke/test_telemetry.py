"""What is sent and found again, against answers as Tempo, Loki, Prometheus and Grafana give them, and broken ones.

The answers of the collector, Prometheus and Thanos are recorded; those of Tempo, Loki and Grafana follow their manuals.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.cluster.smoke import telemetry
from penstock.cluster.smoke.checks import CHECKS
from penstock.cluster.smoke.telemetry import NAMESPACE, TARGETS, Signal
from penstock.kube.objects import Service
from smoke_support import Answers, Fake, Web, fails, passes, recorded, serve, world
from support import ENVIRONMENTS, shipped

SIGNAL = Signal(trace="0c2850bc1a1b485d3a437ce3a7eab432", span="cb28669cdcb49c9f", nanoseconds=1795535513369550539)
ACCEPTED = (200, '{"partialSuccess":{}}')


@pytest.fixture(autouse=True)
def _fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "Signal", lambda: SIGNAL)


@pytest.fixture
def web() -> Iterator[Web]:
    """A collector and a Grafana."""
    with serve() as served:
        served.answers = {"POST /v1/traces": ACCEPTED, "POST /v1/logs": ACCEPTED}
        yield served


def cluster(web: Web, answers: Answers) -> Any:
    return world(Fake(answers=answers, address=web.address))


TRACE = {"trace": {"resourceSpans": [{"resource": {"attributes": [{"value": {"stringValue": SIGNAL.service}}]}}]}}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_checked_services_exist(environment: str) -> None:
    services = [item for item in shipped(environment).objects if isinstance(item, Service)]
    ports = {(item.name, port.name) for item in services if item.namespace == NAMESPACE for port in item.spec.ports}
    assert set(TARGETS) <= ports


def test_the_objects_that_checks_need_exist_in_an_environment() -> None:
    found = {(item.kind, *item.key) for each in ENVIRONMENTS for item in shipped(each).objects}
    assert {check.needs for check in CHECKS if check.needs} <= found


def test_signals_are_unique() -> None:
    first, second = Signal(), Signal()
    assert len({first.trace, second.trace}) == len({first.span, second.span}) == 2
    assert (len(first.trace), len(first.span)) == (32, 16)


def test_a_trace_is_sent_and_found(web: Web) -> None:
    where = cluster(web, {f"tempo:http-metrics/proxy/api/v2/traces/{SIGNAL.trace}": [1, TRACE]})
    assert passes(telemetry.trace, where) == f"trace {SIGNAL.trace} is in Tempo"
    [(key, headers, body)] = web.asked
    assert (key, headers["Content-Type"]) == ("POST /v1/traces", "application/json")
    [sent] = json.loads(body)["resourceSpans"]
    assert sent["resource"]["attributes"] == [{"key": "service.name", "value": {"stringValue": SIGNAL.service}}]
    [span] = sent["scopeSpans"][0]["spans"]
    assert (span["traceId"], span["spanId"]) == (SIGNAL.trace, SIGNAL.span)
    assert int(span["startTimeUnixNano"]) < int(span["endTimeUnixNano"]) == SIGNAL.nanoseconds
    assert where.kubectl.asked[0] == "forward observability opentelemetry-collector otlp-http"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (1, "observability/tempo:http-metrics/api/v2/traces/0c2850bc1a1b485d3a437ce3a7eab432: Error (NotFound)"),
        ({"trace": {}}, "Tempo's answer has no span of penstock-smoke-0c2850bc"),
        ("", "Tempo's answer has no span"),
    ],
)
def test_a_trace_that_does_not_arrive(web: Web, answer: Any, said: str) -> None:
    assert fails(telemetry.trace, cluster(web, {"tempo": answer})).startswith(said)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((415, "415 unsupported media type"), "the collector refuses traces: 415 415 unsupported media type"),
        ((503, ""), "the collector refuses traces: 503"),
        ((200, '{"partialSuccess":{"rejectedSpans":"1"}}'), "the collector refuses traces: 200"),
        ((200, "<html>"), "the collector answers unexpectedly"),
    ],
)
def test_a_collector_that_refuses(web: Web, answer: tuple[int, str], said: str) -> None:
    web.answers["POST /v1/traces"] = answer
    assert fails(telemetry.trace, cluster(web, {"tempo": TRACE})).startswith(said)


def test_a_log_line_is_sent_and_found(web: Web) -> None:
    found = {
        "status": "success",
        "data": {"resultType": "streams", "result": [{"stream": {}, "values": [["1", "smoke"]]}]},
    }
    where = cluster(web, {"loki:http-metrics/proxy/loki/api/v1/query_range": found})
    assert passes(telemetry.log, where) == f"the line of trace {SIGNAL.trace} is in Loki"
    [line] = json.loads(web.asked[0][2])["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    assert (line["traceId"], line["body"]) == (SIGNAL.trace, {"stringValue": "smoke"})
    assert "query=%7Bservice_name%3D%22penstock-smoke-0c2850bc%22%7D+%7C+trace_id+%3D+%60" in where.kubectl.asked[-1]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"data": {"result": []}}, "Loki has no line with the trace id"),
        ({"data": {"result": [{"values": [["smoke", "another"], ["2"]]}]}}, "Loki has no line with the trace id"),
        ("parse error", "Loki answers unexpectedly"),
        ({"data": []}, "Loki answers unexpectedly"),
        (1, "observability/loki:http-metrics/loki/api/v1/query_range: Error (NotFound)"),
    ],
)
def test_a_log_line_that_does_not_arrive(web: Web, answer: Any, said: str) -> None:
    assert fails(telemetry.log, cluster(web, {"loki": answer})).startswith(said)


def vector(*samples: tuple[dict[str, str], str]) -> Any:
    return {
        "status": "success",
        "data": {"result": [{"metric": metric, "value": [1.5, value]} for metric, value in samples]},
    }


def exemplars(trace: str) -> Any:
    found = [{"labels": {"trace_id": trace, "span_id": "1"}, "value": "0.007", "timestamp": 1.5}]
    return {"status": "success", "data": [{"seriesLabels": {}, "exemplars": found}]}


def of_signal(name: str) -> str:
    """A recorded answer, as if it were about the signal of these tests."""
    return recorded(name).replace("8f146ebe629e64f103a5c10fca126158", SIGNAL.trace)


METRIC: Answers = {
    "prometheus:http-metrics/proxy/api/v1/query_exemplars": of_signal("prometheus-exemplars.json"),
    "prometheus:http-metrics/proxy/api/v1/query?": of_signal("prometheus-calls.json"),
    "thanos-query:http-metrics/proxy/api/v1/query_exemplars": of_signal("thanos-exemplars.json"),
    "thanos-query:http-metrics/proxy/api/v1/query?": of_signal("thanos-calls.json"),
}


def test_a_metric_and_its_exemplar_are_found_in_both(web: Web) -> None:
    said = passes(telemetry.metric, cluster(web, METRIC))
    assert said == (
        f"traces_span_metrics_calls_total and an exemplar with trace {SIGNAL.trace} in Prometheus and Thanos query"
    )


@pytest.mark.parametrize(
    ("key", "answer", "said"),
    [
        (
            "prometheus:http-metrics/proxy/api/v1/query?",
            vector(),
            "Prometheus has no traces_span_metrics_calls_total of",
        ),
        (
            "prometheus:http-metrics/proxy/api/v1/query_exemplars",
            exemplars("f" * 32),
            "Prometheus has no exemplar with",
        ),
        (
            "thanos-query:http-metrics/proxy/api/v1/query?",
            vector(),
            "Thanos query has no traces_span_metrics_calls_total",
        ),
        ("thanos-query:http-metrics/proxy/api/v1/query_exemplars", {"data": None}, "Thanos query has no exemplar with"),
        (
            "thanos-query:http-metrics/proxy/api/v1/query_exemplars",
            {"data": {}},
            "thanos-query answers unexpectedly",
        ),
        ("prometheus:http-metrics/proxy/api/v1/query?", 1, "observability/prometheus:http-metrics/api/v1/query: Error"),
    ],
)
def test_a_metric_that_does_not_arrive(web: Web, key: str, answer: Any, said: str) -> None:
    assert fails(telemetry.metric, cluster(web, METRIC | {key: answer})).startswith(said)


def test_beyla_reports_the_demo(web: Web) -> None:
    answer = vector(({"http_route": "/users"}, "12"), ({}, "0"))
    assert passes(telemetry.beyla, cluster(web, {"thanos-query": answer})) == "requests of demo: /users"


@pytest.mark.parametrize("answer", [vector(), vector(({"http_route": "/users"}, "0"))])
def test_beyla_reports_nothing(web: Web, answer: Any) -> None:
    said = fails(telemetry.beyla, cluster(web, {"thanos-query": answer}))
    assert said.startswith("there is no http_server_request_duration_seconds_count of namespace demo")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("no healthy upstream", "thanos-query answers unexpectedly"),
        ({"status": "error"}, "thanos-query answers unexpectedly"),
        ("", "thanos-query answers unexpectedly"),
        (1, "observability/thanos-query:http-metrics/api/v1/query: Error (NotFound)"),
    ],
)
def test_an_invalid_answer_of_a_store(web: Web, answer: Any, said: str) -> None:
    assert fails(telemetry.beyla, cluster(web, {"thanos-query": answer})).startswith(said)


def test_late_signals_are_waited_for(web: Web) -> None:
    assert passes(telemetry.trace, cluster(web, {"tempo": [1, {"trace": {}}, TRACE]})).endswith("is in Tempo")
    line = {"data": {"result": [{"values": [["1", "smoke"]]}]}}
    assert passes(telemetry.log, cluster(web, {"loki": [1, {"data": {"result": []}}, line]})).endswith("is in Loki")
    last = list(METRIC)[-1]
    late = METRIC | {last: [1, METRIC[last]]}
    assert passes(telemetry.metric, cluster(web, late)).endswith("in Prometheus and Thanos query")
    requests = vector(({"http_route": "/users"}, "0.5"))
    assert passes(telemetry.beyla, cluster(web, {"thanos-query": [1, vector(), requests]})).startswith(
        "requests of demo"
    )


LOGIN = {
    "data": {key: base64.b64encode(text.encode()).decode() for key, text in (("username", "a"), ("password", "b"))}
}
SOURCES = [
    {"id": 1, "uid": "thanos", "name": "Thanos", "type": "prometheus"},
    {"id": 2, "uid": "alertmanager", "name": "Alertmanager", "type": "alertmanager"},
]


def grafana(web: Web) -> Any:
    web.answers = {
        "GET /api/datasources": (200, json.dumps(SOURCES)),
        "GET /api/datasources/uid/thanos/health": (200, '{"status": "OK", "message": "Successfully queried"}'),
        "GET /api/datasources/proxy/uid/alertmanager/api/v2/status": (200, "{}"),
    }
    return cluster(web, {"secret grafana-admin": LOGIN})


def test_data_sources_are_healthy(web: Web) -> None:
    assert passes(telemetry.datasources, grafana(web)) == "healthy: Alertmanager, Thanos"
    assert {headers["Authorization"] for _, headers, _ in web.asked} == {"Basic YTpi"}


@pytest.mark.parametrize(
    ("key", "answer", "said"),
    [
        ("GET /api/datasources", (401, "{}"), "Grafana answers 401 without data sources"),
        ("GET /api/datasources", (200, "[]"), "Grafana answers 200 without data sources"),
        ("GET /api/datasources", (200, "<html>"), "Grafana answers unexpectedly"),
        (
            "GET /api/datasources/uid/thanos/health",
            (400, '{"status": "ERROR", "message": "no such host"}'),
            'data source Thanos is not healthy: 400 {"status": "ERROR", "message": "no such host"}',
        ),
        (
            "GET /api/datasources/uid/thanos/health",
            (200, '{"status": "ERROR"}'),
            "data source Thanos is not healthy: 200",
        ),
        (
            "GET /api/datasources/proxy/uid/alertmanager/api/v2/status",
            (502, ""),
            "data source Alertmanager is not healthy: 502",
        ),
    ],
)
def test_a_data_source_that_is_not_healthy(web: Web, key: str, answer: tuple[int, str], said: str) -> None:
    where = grafana(web)
    web.answers[key] = answer
    assert fails(telemetry.datasources, where).startswith(said)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("", "there is no Secret observability/grafana-admin"),
        ({"data": {"username": "YQ=="}}, "Secret observability/grafana-admin has no password"),
    ],
)
def test_a_grafana_without_its_login(web: Web, found: Any, said: str) -> None:
    assert fails(telemetry.datasources, cluster(web, {"secret grafana-admin": found})) == said
