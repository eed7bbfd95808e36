"""The real kind reads the config file that we write, and asks docker for what it says; docker is a fake."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from docker_support import asked, fakes
from penstock.core import yaml
from penstock.core.process import CommandFailed, run
from penstock.tools import kind

pytestmark = pytest.mark.integration
_IMAGE = f"kindest/node:v1.37.0@sha256:{'a' * 64}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in fakes(tmp_path).items():
        monkeypatch.setenv(name, value)
    return tmp_path


def ours() -> dict[str, Any]:
    return kind.config("tiny", _IMAGE, 0, "penstock/gateway=true", {80: 18080, 443: 18443})


def complaint(folder: Path, config: dict[str, Any]) -> str:
    """Why the real kind makes no cluster of a config."""
    file = folder / "kind.yaml"
    file.write_text(yaml.dump(config, sort_keys=False))
    with pytest.raises(CommandFailed) as failed:
        run(kind.creation(file, folder / "kubeconfig", timeout=30))
    return kind.reason(failed.value.result.complaint)


def test_it_takes_our_config_and_publishes_at_127_0_0_1_alone(folder: Path) -> None:
    said = complaint(folder, ours())
    assert said == "failed to create cluster: docker: Error response from daemon: no container runs here"
    (line,) = asked(folder, "docker run")
    assert "--name tiny-control-plane" in line
    assert "--label io.x-k8s.kind.cluster=tiny" in line
    assert "--net kind " in line
    assert line.endswith(_IMAGE)
    published = re.findall(r"--publish=(\S+)", line)
    assert sorted(re.sub(r":\d+:6443", ":N:6443", found) for found in published) == [
        "127.0.0.1:18080:80/TCP",
        "127.0.0.1:18443:443/TCP",
        "127.0.0.1:N:6443/TCP",
    ]


def test_what_a_user_has_set_for_other_clusters_does_not_matter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIND_CLUSTER_NAME", "other")
    monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "podman")
    monkeypatch.setenv("KIND_EXPERIMENTAL_DOCKER_NETWORK", "other")
    complaint(folder, ours())
    (line,) = asked(folder, "docker run")
    assert "--label io.x-k8s.kind.cluster=tiny" in line
    assert "--net kind " in line


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"networking": {"disableDefaultCni": True}}, "field disableDefaultCni not found in type v1alpha4.Networking"),
        ({"networking": {"kubeProxyMode": "off"}}, "invalid kubeProxyMode: off"),
        ({"nodes": [{"role": "worker"}]}, "must have at least one control-plane node"),
        ({"name": "Tiny"}, "'Tiny' is not a valid cluster name"),
    ],
)
def test_it_refuses_a_broken_config_before_it_asks_for_a_container(
    folder: Path, change: dict[str, Any], expected: str
) -> None:
    assert expected in complaint(folder, {**ours(), **change})
    assert asked(folder, "docker run") == []
