"""Only what Prometheus has never merged goes to object storage, so it must not merge."""

from __future__ import annotations

import pytest

from penstock.core import yaml
from penstock.platform.layout import ENGINE

ENVIRONMENTS = sorted(path.name for path in (ENGINE / "manifests").iterdir() if (path / "prometheus").is_dir())


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_prometheus_merges_no_blocks(environment: str) -> None:
    path = ENGINE / "manifests" / environment / "prometheus" / "statefulset-prometheus.yaml"
    containers = yaml.parse(path.read_text())["spec"]["template"]["spec"]["containers"]
    arguments = next(container["args"] for container in containers if container["name"] == "prometheus")
    lengths = {argument.split("=")[1] for argument in arguments if "-block-duration=" in argument}
    assert len(lengths) == 1, "Prometheus merges blocks up to the longer of the two"
    assert "--no-storage.tsdb.allow-overlapping-compaction" in arguments, "Prometheus merges the blocks of late samples"
