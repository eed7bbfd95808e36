"""Whether objects arrive in the buckets.

Loki writes its chunks at once when it is told to. Tempo and Prometheus close a block by the clock, so either the period
that the manifests set is short enough to wait for one, or the newest block may not be older than that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from penstock.cluster.smoke import http, s3, telemetry
from penstock.cluster.smoke.check import CheckFailed, NotApplicable, World, secret, wait
from penstock.core import yaml
from penstock.core.console import Step, seconds
from penstock.core.errors import PenstockError

_STORE = ("object-storage", "s3")
_NAMESPACE = "object-storage"
_CREDENTIALS = "object-storage-credentials"
# Tempo's own: https://grafana.com/docs/tempo/latest/configuration/, live_store.max_block_duration.
_TEMPO_BLOCK = "30m"
_BLOCK_FLAG = "--storage.tsdb.min-block-duration="


@dataclass(frozen=True)
class _Bucket:
    """Where a program's configuration has its bucket, and what its data are called there: seeds are no data."""

    config_map: str
    file: str
    keys: tuple[str, ...]
    data: re.Pattern[str]

    def name(self, world: World) -> str:
        found: Any = config(world, self.config_map, self.file)
        for key in self.keys:
            found = found.get(key, {})
        if not isinstance(found, str):
            raise CheckFailed(f"ConfigMap {telemetry.NAMESPACE}/{self.config_map} has no {'.'.join(self.keys)}")
        return found


_METRICS = _Bucket("prometheus-objstore", "objstore.yml", ("config", "bucket"), re.compile(r"[0-9A-Z]{26}/meta\.json"))
_TRACES = _Bucket("tempo", "tempo.yaml", ("storage", "trace", "s3", "bucket"), re.compile(r"single-tenant/[^/]+/.+"))
_LOGS = _Bucket("loki", "loki.yaml", ("common", "storage", "s3", "bucketnames"), re.compile(r"fake/.+"))


def logs(world: World, step: Step, deadline: float) -> str:
    """A line that Loki took is in its bucket once Loki was told to write out what it holds."""
    name = _LOGS.name(world)
    before = _listed(world, _LOGS, name, deadline)
    signal = telemetry.Signal()
    telemetry.send(world, step, "logs", signal.as_log(), deadline)
    telemetry.await_log(world, step, signal, deadline)

    def probe() -> str:
        with world.kubectl.forward(telemetry.NAMESPACE, *telemetry.LOKI, deadline) as address:
            code, text = http.request(address, "POST", "/flush")
        if code not in (200, 204):
            raise CheckFailed(f"Loki refuses to write out what it holds: {code} {text[:80]!r}")
        new = _listed(world, _LOGS, name, deadline).keys() - before.keys()
        if not new:
            raise CheckFailed(f"bucket {name} has {len(before)} chunks, and none more after Loki wrote out")
        return f"bucket {name}: {min(new)}"

    return wait(probe, deadline, step, f"bucket {name}")


def traces(world: World, step: Step, deadline: float) -> str:
    """Tempo's newest block is in its bucket, no later than its period and the time to write it."""
    signal = telemetry.Signal()
    telemetry.send(world, step, "traces", signal.as_trace(), deadline)
    period = config(world, "tempo", "tempo.yaml").get("live_store", {}).get("max_block_duration", _TEMPO_BLOCK)
    due = duration(period) + timedelta(minutes=2)
    return _arrives(world, step, deadline, _TRACES, due, "tempo")


def metrics(world: World, step: Step, deadline: float) -> str:
    """The sidecar's newest block is in its bucket: Prometheus closes one when it holds half of the next."""
    found = world.find(("StatefulSet", telemetry.NAMESPACE, "prometheus"))
    containers = found["spec"]["template"]["spec"]["containers"] if found else []
    flags = [flag for item in containers for flag in item.get("args", []) if flag.startswith(_BLOCK_FLAG)]
    if not flags:
        raise CheckFailed(f"Prometheus has no {_BLOCK_FLAG}…: when is a block due?")
    due = duration(flags[0].removeprefix(_BLOCK_FLAG)) * 1.5 + timedelta(minutes=3)
    return _arrives(world, step, deadline, _METRICS, due, "prometheus")


def config(world: World, config_map: str, file: str) -> dict[str, Any]:
    """A configuration of the manifests; PenstockError when it isn't there."""
    found = world.find(("ConfigMap", telemetry.NAMESPACE, config_map))
    values = yaml.parse(found["data"].get(file, ""), file) if found else None
    if not isinstance(values, dict):
        raise CheckFailed(f"the manifests have no {file} in ConfigMap {telemetry.NAMESPACE}/{config_map}")
    return values


def duration(text: str) -> timedelta:
    """A duration as Go and Prometheus write it: 2h, 30m, 1m30s."""
    units = {"h": 3600, "m": 60, "s": 1}
    if not re.fullmatch(r"(\d+[hms])+", text):
        raise CheckFailed(f"{text!r} is no duration such as 2h or 1m30s")
    return timedelta(seconds=sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms])", text)))


def _arrives(world: World, step: Step, deadline: float, bucket: _Bucket, due: timedelta, program: str) -> str:
    name = bucket.name(world)

    def probe() -> str:
        found = _listed(world, bucket, name, deadline)
        newest = max(found, key=lambda key: found[key], default="")
        if not newest:
            raise CheckFailed(f"bucket {name} has no block")
        age = datetime.now(UTC) - found[newest]
        if age > due:
            raise CheckFailed(
                f"the newest block of bucket {name} is {_spoken(age)} old, and one is due every {_spoken(due)}"
            )
        return f"bucket {name}: {newest}, {_spoken(age)} ago"

    if due.total_seconds() <= deadline:
        return wait(probe, deadline, step, f"bucket {name}")
    try:
        return probe()
    except PenstockError as error:
        age = _runs_since(world, program)
        if age is not None and age < due:
            raise NotApplicable(
                f"the first block is due {_spoken(due)} after {program}-0 started, which was {_spoken(age)} ago"
            ) from error
        raise


def _runs_since(world: World, program: str) -> timedelta | None:
    """How long a program's pod runs; None when nobody knows."""
    try:
        pod = world.kubectl.get_one("pod", f"{program}-0", telemetry.NAMESPACE) or {}
    except PenstockError:
        # What was wrong with the bucket says more.
        return None
    started = pod.get("status", {}).get("startTime")
    return datetime.now(UTC) - datetime.fromisoformat(started) if started else None


def _listed(world: World, bucket: _Bucket, name: str, deadline: float) -> dict[str, datetime]:
    """The data in a bucket: key -> when it was written."""
    key, value = secret(world, _NAMESPACE, _CREDENTIALS, ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    # SeaweedFS has no regions, and takes the one that a signature names.
    login = s3.Login(key, value, "us-east-1")
    with world.kubectl.forward(_NAMESPACE, *_STORE, deadline) as address:
        found = s3.objects(address, name, login)
    return {name: written for name, written in found.items() if bucket.data.fullmatch(name)}


def _spoken(span: timedelta) -> str:
    return seconds(max(0.0, span.total_seconds()))
