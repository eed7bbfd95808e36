"""The checks of buckets, with stores that have new objects, old ones, none, or other ones."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.cluster.smoke import buckets, s3
from penstock.cluster.smoke.check import NotApplicable, World
from penstock.core import yaml
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.platform.manifests import Manifests
from smoke_support import Fake, Web, fails, passes, serve, world
from support import SHIPPED

BLOCK = "01M879JWAYSQRH61J8995SJ0E4/meta.json"
TRACE = "single-tenant/0d5f1f3c-8a9e-4c62-9d39-2f0d3b6a8c11/meta.json"
CHUNK = "fake/5f4d2c1b0a998877/19ab3c4d5e6:19ab3c4d5e7:1a2b3c4d"
LONG = 500.0


def secret() -> dict[str, Any]:
    pair = {"AWS_ACCESS_KEY_ID": "penstock", "AWS_SECRET_ACCESS_KEY": "x"}
    return {"data": {key: base64.b64encode(text.encode()).decode() for key, text in pair.items()}}


def config_map(name: str, file: str, values: Any) -> dict[str, Any]:
    text = values if isinstance(values, str) else yaml.dump(values)
    return {"kind": "ConfigMap", "metadata": {"name": name, "namespace": "observability"}, "data": {file: text}}


def prometheus(*args: str) -> dict[str, Any]:
    containers = [{"name": "prometheus", "args": list(args)}, {"name": "thanos-sidecar"}]
    spec = {"template": {"spec": {"containers": containers}}}
    return {"kind": "StatefulSet", "metadata": {"name": "prometheus", "namespace": "observability"}, "spec": spec}


def platform(block: str = "2h", trace: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    tempo = {"storage": {"trace": {"s3": {"bucket": "traces"}}}, **(trace or {})}
    return [
        config_map("prometheus-objstore", "objstore.yml", {"config": {"bucket": "metrics"}}),
        config_map("tempo", "tempo.yaml", tempo),
        config_map("loki", "loki.yaml", {"common": {"storage": {"s3": {"bucketnames": "logs"}}}}),
        prometheus(f"--storage.tsdb.min-block-duration={block}"),
    ]


def listing(**objects: timedelta) -> str:
    """A store's list of objects, with their ages."""
    now = datetime.now(UTC)
    entries = "".join(
        f"<Contents><Key>{key}</Key><LastModified>{(now - age).isoformat()}</LastModified></Contents>"
        for key, age in objects.items()
    )
    return f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{entries}</ListBucketResult>'


def old(hours: float) -> timedelta:
    return timedelta(hours=hours)


@pytest.fixture
def web() -> Iterator[Web]:
    with serve() as made:
        made.answers = {"POST /v1/traces": (200, "{}"), "POST /v1/logs": (200, "{}"), "POST /flush": (204, "")}
        yield made


def where(web: Web, objects: Any = None, **answers: Any) -> World:
    found = {"data": {"result": [{"stream": {}, "values": [["1", "smoke"]]}]}}
    given = {"get secret object-storage-credentials": secret(), "query_range": json.dumps(found), **answers}
    return world(Fake(answers=given, address=web.address), all=platform() if objects is None else objects)


def started(hours: float) -> dict[str, Any]:
    return {"status": {"startTime": (datetime.now(UTC) - old(hours)).isoformat()}}


def test_a_block_of_metrics_that_is_young_enough(web: Web) -> None:
    web.answers["GET /metrics?list-type=2"] = (200, listing(**{BLOCK: old(3), "debug/x": old(0)}))
    assert passes(buckets.metrics, where(web)).startswith(f"bucket metrics: {BLOCK}, 180 min 0")


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ({}, "bucket metrics has no block"),
        ({"debug/metas/x.json": old(0)}, "bucket metrics has no block"),
        ({BLOCK: old(4)}, "the newest block of bucket metrics is 240 min 00 s old, and one is due every 183 min 00 s"),
    ],
)
def test_no_block_of_metrics_where_one_is_due(web: Web, objects: dict[str, timedelta], said: str) -> None:
    web.answers["GET /metrics?list-type=2"] = (200, listing(**objects))
    assert fails(buckets.metrics, where(web, **{"get pod prometheus-0": started(5)})).startswith(said)
    # Who can't be asked how long it runs is not excused.
    assert fails(buckets.metrics, where(web, **{"get pod prometheus-0": ""})).startswith(said)


def test_before_the_first_block_is_due_the_check_is_not_applicable(web: Web) -> None:
    web.answers["GET /metrics?list-type=2"] = (200, listing())
    with pytest.raises(NotApplicable, match=r"due 183 min 00 s after prometheus-0 started, which was 60 min 0\d s ago"):
        passes(buckets.metrics, where(web, **{"get pod prometheus-0": started(1)}))


def test_short_blocks_are_waited_for(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = iter([{}, {BLOCK: old(0)}])
    monkeypatch.setattr(s3, "objects", lambda *_: {k: datetime.now(UTC) - v for k, v in next(pages).items()})
    said = buckets.metrics(where(web, platform("1m")), Step("test"), LONG)
    assert said.startswith(f"bucket metrics: {BLOCK}, ")


def test_missing_short_blocks(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "wait", lambda probe, *_: probe())
    web.answers["GET /metrics?list-type=2"] = (200, listing())
    short = where(web, platform("1m"), **{"get pod prometheus-0": started(0)})
    with pytest.raises(PenstockError, match="bucket metrics has no block") as caught:
        buckets.metrics(short, Step("test"), LONG)
    assert not isinstance(caught.value, NotApplicable)


def test_a_block_of_traces(web: Web) -> None:
    web.answers["GET /traces?list-type=2"] = (200, listing(**{TRACE: old(0.5), "work.json": old(0)}))
    assert passes(buckets.traces, where(web)).startswith(f"bucket traces: {TRACE}, 30 min 0")
    assert web.asked[0][0] == "POST /v1/traces"


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ({"work.json": old(0), "tempo_cluster_seed.json": old(0)}, "bucket traces has no block"),
        ({TRACE: old(2)}, "the newest block of bucket traces is 120 min 00 s old, and one is due every 32 min 00 s"),
    ],
)
def test_no_block_of_traces_where_one_is_due(web: Web, objects: dict[str, timedelta], said: str) -> None:
    web.answers["GET /traces?list-type=2"] = (200, listing(**objects))
    assert fails(buckets.traces, where(web, **{"get pod tempo-0": started(5)})).startswith(said)


def test_tempo_s_period_comes_from_its_configuration(web: Web) -> None:
    web.answers["GET /traces?list-type=2"] = (200, listing(**{TRACE: old(2)}))
    longer = platform(trace={"live_store": {"max_block_duration": "2h"}})
    assert passes(buckets.traces, where(web, longer)).startswith(f"bucket traces: {TRACE}")


def test_a_new_chunk_of_logs_after_a_flush(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    seed = {"loki_cluster_seed.json": now}
    pages = iter([seed, seed, {**seed, CHUNK: now}])
    monkeypatch.setattr(s3, "objects", lambda *_: next(pages))
    assert passes(buckets.logs, where(web)) == f"bucket logs: {CHUNK}"
    assert [key for key, _, _ in web.asked] == ["POST /v1/logs", "POST /flush", "POST /flush"]


@pytest.mark.parametrize(
    ("flush", "objects", "said"),
    [
        (
            204,
            {CHUNK: old(0), "index/index_1": old(0)},
            "bucket logs has 1 chunks, and no new one after a flush",
        ),
        (204, {}, "bucket logs has 0 chunks, and no new one after a flush"),
        (404, {}, "Loki refuses to flush: 404 ''"),
    ],
)
def test_no_new_chunk(web: Web, flush: int, objects: dict[str, timedelta], said: str) -> None:
    web.answers |= {"POST /flush": (flush, ""), "GET /logs?list-type=2": (200, listing(**objects))}
    assert fails(buckets.logs, where(web)).startswith(said)


def test_a_line_that_does_not_arrive_in_loki(web: Web) -> None:
    web.answers["GET /logs?list-type=2"] = (200, listing())
    said = fails(buckets.logs, where(web, query_range=json.dumps({"data": {"result": []}})))
    assert said.startswith("Loki has no line with the trace id")


@pytest.mark.parametrize(
    ("check", "objects", "said"),
    [
        (
            buckets.metrics,
            [],
            "Prometheus has no argument --storage.tsdb.min-block-duration=…",
        ),
        (buckets.metrics, [prometheus("--x")], "Prometheus has no argument --storage.tsdb.min-block-duration=…"),
        (buckets.metrics, platform("soon"), "'soon' is no duration such as 2h or 1m30s"),
        (buckets.metrics, platform()[1:], "the manifests have no objstore.yml in ConfigMap observability/prometheus-"),
        (buckets.logs, [], "the manifests have no loki.yaml in ConfigMap observability/loki"),
        (buckets.logs, [config_map("loki", "loki.yaml", "")], "the manifests have no loki.yaml in ConfigMap"),
        (
            buckets.logs,
            [config_map("loki", "loki.yaml", {"common": {}})],
            "ConfigMap observability/loki has no common.",
        ),
    ],
)
def test_manifests_without_the_settings(web: Web, check: Any, objects: list[Any], said: str) -> None:
    assert fails(check, where(web, objects)).startswith(said)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("", "there is no Secret object-storage/object-storage-credentials"),
        ({"data": {"AWS_ACCESS_KEY_ID": "eA=="}}, "Secret object-storage/object-storage-credentials has no AWS_SECRET"),
        ({}, "Secret object-storage/object-storage-credentials has no AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_without_a_key_nothing_is_listed(web: Web, found: Any, said: str) -> None:
    answers = {"get secret object-storage-credentials": found, "get pod prometheus-0": started(5)}
    assert fails(buckets.metrics, where(web, **answers)).startswith(said)


@pytest.mark.parametrize(("text", "length"), [("2h", 7200), ("30m", 1800), ("1m30s", 90), ("1h1m1s", 3661)])
def test_durations(text: str, length: int) -> None:
    assert buckets.duration(text).total_seconds() == length


@pytest.mark.parametrize("environment", ["k3d", "kind"])
def test_the_platform_s_manifests_have_the_settings(environment: str) -> None:
    manifests = Manifests(SHIPPED.tree(environment))
    here = World(Fake(answers={"get secret": ""}), manifests.components, manifests.all_objects(), "", "", "")
    said = [fails(check, here) for check in (buckets.metrics, buckets.logs)]
    assert set(said) == {"there is no Secret object-storage/object-storage-credentials"}
    assert buckets.config(here, "tempo", "tempo.yaml")["storage"]["trace"]["s3"]["bucket"] == "traces"
