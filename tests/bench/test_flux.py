"""The benchmark of Flux: what it applies, and its table."""

from __future__ import annotations

from pathlib import Path

from penstock.bench.applications import ENVIRONMENT, SHARD, make
from penstock.bench.flux import FluxTimes, Setting
from penstock.bench.report_flux import HEADINGS, rows
from penstock.kube.flux import NAMESPACE
from penstock.platform.manifests import Manifests


def test_kustomizations_are_shared_out_to_sources_and_shards(tmp_path: Path) -> None:
    layout = make(tmp_path, 5, together=2, shards=2, version=0)
    items = [item for item in Manifests(layout.tree(ENVIRONMENT)).synced() if item.kind == "Kustomization"]
    assert [item.content["spec"]["sourceRef"]["name"] for item in items] == [
        "group-000",
        "group-000",
        "group-001",
        "group-001",
        "group-002",
    ]
    assert [item.metadata.labels[SHARD] for item in items] == ["shard0", "shard1", "shard0", "shard1", "shard0"]
    for item in items:
        assert (tmp_path / item.content["spec"]["path"] / "deployment.yaml").is_file()


def test_another_version_changes_every_deployment_and_nothing_else(tmp_path: Path) -> None:
    layout = make(tmp_path, 3, together=2, shards=1, version=0)
    before = {path: path.read_bytes() for path in layout.manifests.rglob("*.yaml")}
    make(tmp_path, 3, together=2, shards=1, version=1)
    changed = {path for path, data in before.items() if path.read_bytes() != data}
    assert {path.name for path in changed} == {"deployment.yaml"}
    assert len(changed) == 3
    assert (layout.tree(ENVIRONMENT) / NAMESPACE / "kustomization.yaml") in before


def test_the_table() -> None:
    found = FluxTimes(100, 5, Setting(25, shards=2), 61.25, 12.0, 1 << 27, 1 << 26)
    assert rows([found]) == [
        ["100", "5", "--concurrent=25, 2 shards", "61.2 s", "12.0 s", "128.0 MiB", "64.0 MiB"],
    ]
    assert len(HEADINGS) == len(rows([found])[0])
