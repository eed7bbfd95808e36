"""Checks that logs, traces and metrics arrive in the buckets.

Loki writes its chunks on request. Tempo and Prometheus close a block after a period that the manifests set: the checks
wait for a block if the period is short enough; otherwise the newest block must not be older than the period.
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
from penstock.core.model import Json
from penstock.kube.live import Pod
from penstock.kube.pods import PodController

_STORE = ("object-storage", "s3")
_NAMESPACE = "object-storage"
_CREDENTIALS = "object-storage-credentials"
# Tempo's default: https://grafana.com/docs/tempo/latest/configuration/, live_store.max_block_duration.
_TEMPO_BLOCK = "30m"
_BLOCK_FLAG = "--storage.tsdb.min-block-duration="


@dataclass(frozen=True)
class _Bucket:
    """The place of a bucket's name in a program's configuration, and the pattern of data objects in the bucket."""

    config_map: str
    file: str
    keys: tuple[str, ...]
    data: re.Pattern[str]

    def name(self, world: World) -> str:
        value: Any = config(world, self.config_map, self.file)
        for key in self.keys:
            value = value.get(key, {})
        if not isinstance(value, str):
            raise CheckFailed(f"ConfigMap {telemetry.NAMESPACE}/{self.config_map} has no {'.'.join(self.keys)}")
        return value


_METRICS = _Bucket("prometheus-objstore", "objstore.yml", ("config", "bucket"), re.compile(r"[0-9A-Z]{26}/meta\.json"))
_TRACES = _Bucket("tempo", "tempo.yaml", ("storage", "trace", "s3", "bucket"), re.compile(r"single-tenant/[^/]+/.+"))
_LOGS = _Bucket("loki", "loki.yaml", ("common", "storage", "s3", "bucketnames"), re.compile(r"fake/.+"))


def logs(world: World, step: Step, deadline: float) -> str:
    """A log line that Loki has received is in its bucket after a flush."""
    name = _LOGS.name(world)
    before = _listed(world, _LOGS, name, deadline)
    signal = telemetry.Signal()
    telemetry.send(world, step, "logs", signal.as_log(), deadline)
    telemetry.await_log(world, step, signal, deadline)

    def probe() -> str:
        with world.kubectl.forward(telemetry.NAMESPACE, *telemetry.LOKI, deadline) as address:
            code, text = http.request(address, "POST", "/flush")
        if code not in (200, 204):
            raise CheckFailed(f"Loki refuses to flush: {code} {text[:80]!r}")
        new = _listed(world, _LOGS, name, deadline).keys() - before.keys()
        if not new:
            raise CheckFailed(f"bucket {name} has {len(before)} chunks, and no new one after a flush")
        return f"bucket {name}: {min(new)}"

    return wait(probe, deadline, step, f"bucket {name}")


def traces(world: World, step: Step, deadline: float) -> str:
    """Tempo's newest block is in its bucket, and not older than its period plus two minutes to write it."""
    signal = telemetry.Signal()
    telemetry.send(world, step, "traces", signal.as_trace(), deadline)
    period = config(world, "tempo", "tempo.yaml").get("live_store", {}).get("max_block_duration", _TEMPO_BLOCK)
    due = duration(period) + timedelta(minutes=2)
    return _arrives(world, step, deadline, _TRACES, due, "tempo")


def metrics(world: World, step: Step, deadline: float) -> str:
    """The newest block of Thanos's sidecar is in its bucket: Prometheus closes a block after 1.5 periods."""
    workload = world.find(("StatefulSet", telemetry.NAMESPACE, "prometheus"))
    containers = workload.spec_as(PodController).template.spec.containers if workload else []
    flags = [flag for item in containers for flag in item.args if flag.startswith(_BLOCK_FLAG)]
    if not flags:
        raise CheckFailed(f"Prometheus has no argument {_BLOCK_FLAG}…")
    due = duration(flags[0].removeprefix(_BLOCK_FLAG)) * 1.5 + timedelta(minutes=3)
    return _arrives(world, step, deadline, _METRICS, due, "prometheus")


def config(world: World, config_map: str, file: str) -> Json:
    """Return a configuration file of the manifests; raises CheckFailed if it is missing."""
    item = world.find(("ConfigMap", telemetry.NAMESPACE, config_map))
    values = yaml.parse(item.content["data"].get(file, ""), file) if item else None
    if not isinstance(values, dict):
        raise CheckFailed(f"the manifests have no {file} in ConfigMap {telemetry.NAMESPACE}/{config_map}")
    return values


def duration(text: str) -> timedelta:
    """Parse a duration of Go or Prometheus, such as 2h, 30m or 1m30s; raises CheckFailed for anything else."""
    units = {"h": 3600, "m": 60, "s": 1}
    if not re.fullmatch(r"(\d+[hms])+", text):
        raise CheckFailed(f"{text!r} is no duration such as 2h or 1m30s")
    return timedelta(seconds=sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms])", text)))


def _arrives(world: World, step: Step, deadline: float, bucket: _Bucket, due: timedelta, program: str) -> str:
    name = bucket.name(world)

    def probe() -> str:
        written = _listed(world, bucket, name, deadline)
        newest = max(written, key=lambda key: written[key], default="")
        if not newest:
            raise CheckFailed(f"bucket {name} has no block")
        age = datetime.now(UTC) - written[newest]
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
    """Return the age of a program's first pod; None if it is unknown."""
    try:
        pod = world.kubectl.read_one(Pod, "pod", f"{program}-0", telemetry.NAMESPACE) or Pod()
    except PenstockError:
        # The error about the bucket explains more.
        return None
    started = pod.status.start_time
    return datetime.now(UTC) - datetime.fromisoformat(started) if started else None


def _listed(world: World, bucket: _Bucket, name: str, deadline: float) -> dict[str, datetime]:
    """Map the keys of the data objects in a bucket to the times when they were written."""
    key, value = secret(world, _NAMESPACE, _CREDENTIALS, ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    # SeaweedFS has no regions, and accepts the one in the signature.
    login = s3.Login(key, value, "us-east-1")
    with world.kubectl.forward(_NAMESPACE, *_STORE, deadline) as address:
        objects = s3.objects(address, name, login)
    return {key: written for key, written in objects.items() if bucket.data.fullmatch(key)}


def _spoken(span: timedelta) -> str:
    return seconds(max(0.0, span.total_seconds()))
