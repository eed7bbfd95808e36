"""Check that signals sent to the collector arrive in their stores.

Formats: OTLP over HTTP as JSON (https://opentelemetry.io/docs/specs/otlp/), the query APIs of Tempo, Loki, Prometheus.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec

from penstock.cluster.smoke import http
from penstock.cluster.smoke.check import CheckFailed, World, secret, wait
from penstock.core.console import Step
from penstock.core.model import Json

NAMESPACE = "observability"
COLLECTOR = ("opentelemetry-collector", "otlp-http")
GRAFANA = ("grafana", "http-metrics")
LOKI = ("loki", "http-metrics")
PROMETHEUS = ("prometheus", "http-metrics")
TEMPO = ("tempo", "http-metrics")
THANOS = ("thanos-query", "http-metrics")
# Services and their ports, all in one namespace.
TARGETS = (COLLECTOR, GRAFANA, LOKI, PROMETHEUS, TEMPO, THANOS)
_CALLS = "traces_span_metrics_calls_total"
_BUCKETS = "traces_span_metrics_duration_seconds_bucket"


class _Stream(msgspec.Struct):
    values: list[list[Any]] = []


class _Streams(msgspec.Struct):
    result: list[_Stream] = []


class _Loki(msgspec.Struct):
    data: _Streams


class _Sample(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str]


class _Vector(msgspec.Struct):
    result: list[_Sample] = []


class _Prometheus(msgspec.Struct):
    data: _Vector


class _Exemplar(msgspec.Struct):
    labels: dict[str, str]


class _Series(msgspec.Struct):
    exemplars: list[_Exemplar] = []


class _Exemplars(msgspec.Struct):
    data: list[_Series] | None = None


class _DataSource(msgspec.Struct):
    uid: str
    name: str
    type: str


class _Health(msgspec.Struct):
    status: str = ""


class _Accepted(msgspec.Struct, rename="camel"):
    partial_success: Json = {}


@dataclass(frozen=True)
class Signal:
    """A test span or log line, with a unique trace id and service name."""

    trace: str = field(default_factory=lambda: secrets.token_hex(16))
    span: str = field(default_factory=lambda: secrets.token_hex(8))
    nanoseconds: int = field(default_factory=time.time_ns)

    @property
    def service(self) -> str:
        """The unique name of the signal's service."""
        return f"penstock-smoke-{self.trace[:8]}"

    def as_trace(self) -> Json:
        """Return an OTLP request with one span."""
        span = {
            "traceId": self.trace,
            "spanId": self.span,
            "name": "smoke",
            "kind": 2,
            "startTimeUnixNano": str(self.nanoseconds - 7_000_000),
            "endTimeUnixNano": str(self.nanoseconds),
        }
        return {"resourceSpans": [{"resource": self._resource(), "scopeSpans": [{"spans": [span]}]}]}

    def as_log(self) -> Json:
        """Return an OTLP request with one log line, which has the trace id as a field, not in its text."""
        line = {
            "timeUnixNano": str(self.nanoseconds),
            "severityText": "INFO",
            "body": {"stringValue": "smoke"},
            "traceId": self.trace,
            "spanId": self.span,
        }
        return {"resourceLogs": [{"resource": self._resource(), "scopeLogs": [{"logRecords": [line]}]}]}

    def _resource(self) -> Json:
        return {"attributes": [{"key": "service.name", "value": {"stringValue": self.service}}]}


def trace(world: World, step: Step, deadline: float) -> str:
    """A span sent to the collector arrives in Tempo under its trace id."""
    signal = Signal()
    send(world, step, "traces", signal.as_trace(), deadline)

    def probe() -> str:
        text = http.get(world.kubectl, NAMESPACE, TEMPO, f"/api/v2/traces/{signal.trace}")
        if signal.service not in text:
            raise CheckFailed(f"Tempo's answer has no span of {signal.service}")
        return f"trace {signal.trace} is in Tempo"

    return wait(probe, deadline, step, "Tempo")


def log(world: World, step: Step, deadline: float) -> str:
    """A log line sent to the collector arrives in Loki with its trace id."""
    signal = Signal()
    send(world, step, "logs", signal.as_log(), deadline)
    return await_log(world, step, signal, deadline)


def await_log(world: World, step: Step, signal: Signal, deadline: float) -> str:
    """Wait for a signal's log line in Loki; returns a message, or raises CheckFailed."""
    query = {"query": f'{{service_name="{signal.service}"}} | trace_id = `{signal.trace}`', "since": "1h"}

    def probe() -> str:
        text = http.get(world.kubectl, NAMESPACE, LOKI, "/loki/api/v1/query_range", query)
        streams = http.decoded(text, _Loki, "Loki").data.result
        if not any("smoke" in line[1:2] for stream in streams for line in stream.values):
            raise CheckFailed(f"Loki has no line with the trace id {signal.trace}")
        return f"the line of trace {signal.trace} is in Loki"

    return wait(probe, deadline, step, "Loki")


def metric(world: World, step: Step, deadline: float) -> str:
    """The metric that the collector derives from a span arrives with its exemplar in Prometheus and Thanos."""
    signal = Signal()
    send(world, step, "traces", signal.as_trace(), deadline)
    stores = {"Prometheus": PROMETHEUS, "Thanos query": THANOS}

    def probe() -> str:
        for name, service in stores.items():
            if not _series(world, service, f'{_CALLS}{{service_name="{signal.service}"}}'):
                raise CheckFailed(f"{name} has no {_CALLS} of {signal.service}")
            if signal.trace not in _exemplars(world, service, f'{_BUCKETS}{{service_name="{signal.service}"}}'):
                raise CheckFailed(f"{name} has no exemplar with the trace id {signal.trace}")
        return f"{_CALLS} and an exemplar with trace {signal.trace} in {' and '.join(stores)}"

    return wait(probe, deadline, step, "Prometheus")


def beyla(world: World, step: Step, deadline: float) -> str:
    """Beyla reports the requests of the demo, which isn't instrumented."""
    query = 'sum by (http_route) (http_server_request_duration_seconds_count{k8s_namespace_name="demo"})'

    def probe() -> str:
        samples = _series(world, THANOS, query)
        # A count other than zero; counts are never negative.
        if not any(item.value[1].strip("0.") for item in samples):
            raise CheckFailed("there is no http_server_request_duration_seconds_count of namespace demo")
        routes = sorted({item.metric.get("http_route", "") for item in samples} - {""})
        return f"requests of demo: {', '.join(routes[:5]) or 'without a route'}"

    return wait(probe, deadline, step, "Beyla")


def datasources(world: World, step: Step, deadline: float) -> str:
    """Grafana reports that every data source is healthy."""
    user, password = secret(world, NAMESPACE, "grafana-admin", ("username", "password"))
    headers = {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}

    def probe() -> str:
        with world.kubectl.forward(NAMESPACE, *GRAFANA, deadline) as address:
            code, text = http.request(address, "GET", "/api/datasources", headers)
            sources = http.decoded(text, list[_DataSource], "Grafana") if code == 200 else []
            if not sources:
                raise CheckFailed(f"Grafana answers {code} without data sources")
            for item in sources:
                _require_healthy(address, headers, item)
        return f"healthy: {', '.join(sorted(item.name for item in sources))}"

    return wait(probe, deadline, step, "Grafana")


def _require_healthy(address: str, headers: dict[str, str], item: _DataSource) -> None:
    # Grafana has no health check for Alertmanager, which browsers query through the proxy.
    endpoint = f"proxy/uid/{item.uid}/api/v2/status" if item.type == "alertmanager" else f"uid/{item.uid}/health"
    code, text = http.request(address, "GET", f"/api/datasources/{endpoint}", headers)
    is_healthy = item.type == "alertmanager" or (code == 200 and http.decoded(text, _Health, "Grafana").status == "OK")
    if code != 200 or not is_healthy:
        raise CheckFailed(f"data source {item.name} is not healthy: {code} {' '.join(text.split())[:200]}")


def send(world: World, step: Step, signal: str, content: Json, deadline: float) -> None:
    """Send an OTLP request of traces or logs to the collector; raises CheckFailed unless it accepts the request."""

    def probe() -> bool:
        with world.kubectl.forward(NAMESPACE, *COLLECTOR, deadline) as address:
            headers = {"Content-Type": "application/json"}
            code, text = http.request(address, "POST", f"/v1/{signal}", headers, json.dumps(content).encode())
        if code != 200 or http.decoded(text, _Accepted, "the collector").partial_success:
            raise CheckFailed(f"the collector refuses {signal}: {code} {' '.join(text.split())[:200]}")
        return True

    wait(probe, deadline, step, "the collector")


def _series(world: World, service: tuple[str, str], query: str) -> list[_Sample]:
    text = http.get(world.kubectl, NAMESPACE, service, "/api/v1/query", {"query": query})
    return http.decoded(text, _Prometheus, service[0]).data.result


def _exemplars(world: World, service: tuple[str, str], query: str) -> set[str]:
    """Return the trace ids of the exemplars in the last hour."""
    now = time.time()
    window = {"query": query, "start": f"{now - 3600:.0f}", "end": f"{now + 60:.0f}"}
    text = http.get(world.kubectl, NAMESPACE, service, "/api/v1/query_exemplars", window)
    series = http.decoded(text, _Exemplars, service[0]).data or []
    return {each.labels.get("trace_id", "") for item in series for each in item.exemplars}
