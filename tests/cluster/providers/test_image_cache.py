"""Caches of images: one for each registry, kept by `down`, and never a reason to fail; docker is a fake."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from docker_support import asked, fakes
from penstock.cluster import image_cache
from penstock.cluster.actions import Plan, execute, show
from penstock.cluster.providers.k3d import K3d
from penstock.cluster.providers.kind import Kind
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState, State
from penstock.core import yaml
from penstock.platform import cluster
from penstock.platform.layout import Layout
from penstock.tools.archives import Archive
from penstock.verbs.images_prune import prune_images
from support import Platform

NODE = "registry.example/node:v1"
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: server, namespace: town}}
spec:
  selector: {{matchLabels: {{app: server}}}}
  template:
    metadata: {{labels: {{app: server}}}}
    spec: {{containers: [{{name: a, image: "{}"}}, {{name: b, image: "localhost:5000/b:1"}}]}}
"""
CACHES = ["penstock-cache-docker-io", "penstock-cache-ghcr-io", "penstock-cache-quay-io"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in fakes(tmp_path / "fakes").items():
        monkeypatch.setenv(name, value)
    return tmp_path / "fakes"


@pytest.fixture
def session(good: Platform, folder: Path) -> Session:
    """A cluster of k3d whose pods use images of quay.io, and of a registry on this machine."""
    good.write(
        "manifests/local/flux-system/kustomization-greeting.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata: {name: greeting, namespace: flux-system}\n",
    )
    good.write("manifests/local/greeting/deployment-server.yaml", WORKLOAD.format("quay.io/town/server:1"))
    settings = cluster.Cluster(
        name="tiny", k3d=cluster.K3d(image=NODE), kind=cluster.Kind(image=NODE, gateway_label="a=b")
    )
    recorded = ClusterState("k3d", "local", "tiny")
    state = State(good.root / ".penstock" / "local")
    return Session(Layout(good.root), "local", state, recorded, 60.0, K3d(), settings)


def whole(session: Session) -> Plan:
    yield from image_cache.start(session)
    yield from image_cache.connect(session, "k3d-tiny")


def left(folder: Path, kind: str) -> list[str]:
    return sorted(path.name for path in (folder / kind).glob("*"))


def test_each_registry_has_a_cache_in_the_network_of_the_nodes(session: Session, folder: Path) -> None:
    execute(session, whole(session))
    assert left(folder, "containers") == left(folder, "volumes") == left(folder, "connected/k3d-tiny") == CACHES
    (line,) = [line for line in asked(folder, "docker run") if "penstock-cache-docker-io" in line]
    assert "--restart unless-stopped" in line
    assert "REGISTRY_PROXY_REMOTEURL=https://registry-1.docker.io " in line
    assert re.search(r" docker\.io/library/registry:3\.0\.0@sha256:[0-9a-f]{64}$", line)


def test_a_second_time_nothing_changes(session: Session, folder: Path) -> None:
    execute(session, whole(session))
    changes = ("docker run", "docker network connect", "docker start")
    before = [asked(folder, change) for change in changes]
    execute(session, whole(session))
    assert [asked(folder, change) for change in changes] == before


def test_a_stopped_cache_is_started(session: Session, folder: Path) -> None:
    execute(session, whole(session))
    (folder / "stopped").mkdir()
    (folder / "stopped" / CACHES[0]).touch()
    execute(session, whole(session))
    assert asked(folder, "docker start") == [f"docker start {CACHES[0]}"]


@pytest.mark.parametrize("why", ["off", "archives"])
def test_without_caches_docker_is_not_asked(session: Session, folder: Path, why: str) -> None:
    if why == "off":
        session = replace(session, cluster=cluster.Cluster(image_cache=False, k3d=session.cluster.k3d))
    else:
        session = replace(session, archives=(Archive(folder, {}, frozenset(), {}),))
    execute(session, [*whole(session), *image_cache.configure(session, ["node"])])
    assert asked(folder, "docker") == []
    assert image_cache.registries(session) == []


@pytest.mark.parametrize(
    ("mood", "message", "hint"),
    [
        (
            "no image",
            "toomanyrequests: You have reached your unauthenticated pull rate limit.",
            "docker login",
        ),
        (
            "no network",
            'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host.',
            "docker pull",
        ),
        ("full disk", "failed to register layer: write /x: no space left on device", "inv images-prune"),
    ],
)
def test_a_cache_that_cannot_start_is_one_line_and_no_failure(
    session: Session,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    mood: str,
    message: str,
    hint: str,
) -> None:
    monkeypatch.setenv("FAKE_DOCKER", mood)
    execute(session, whole(session))
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"warning: no cache of docker.io, its images are pulled from the registry itself: {message}"
    assert hint in said[1]
    assert len(said) == 2 * len(CACHES)
    assert left(folder, "containers") == left(folder, "connected/k3d-tiny") == []


def test_a_dry_run_shows_every_command(session: Session, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show(session, [("", lambda session, _: whole(session))])
    shown = capsys.readouterr().out
    assert "docker network connect k3d-tiny penstock-cache-quay-io  # the cache of quay.io" in shown
    assert "docker run --detach --name penstock-cache-quay-io " in shown
    assert asked(folder, "docker") == []


def test_k3s_asks_the_caches_first(session: Session) -> None:
    mirrors = yaml.parse(K3d().config(session)["registries"]["config"])["mirrors"]
    assert list(mirrors) == ["docker.io", "ghcr.io", "quay.io"]
    assert mirrors["quay.io"] == {"endpoint": ["http://penstock-cache-quay-io:5000"]}


def test_containerd_of_kind_asks_the_caches_first(session: Session, folder: Path) -> None:
    (patch,) = Kind().config(session)["containerdConfigPatches"]
    assert 'config_path = "/etc/containerd/certs.d"' in patch
    session.state.prepare()
    for _ in range(2):
        execute(session, image_cache.configure(session, ["tiny-control-plane"]))
    assert asked(folder, "docker cp") == [
        f"docker cp {session.state.folder}/certs.d tiny-control-plane:/etc/containerd"
    ]
    assert (folder / "nodes/tiny-control-plane/etc/containerd/certs.d/docker.io/hosts.toml").read_text() == (
        'server = "https://registry-1.docker.io"\n\n'
        '[host."http://penstock-cache-docker-io:5000"]\n  capabilities = ["pull", "resolve"]\n'
    )


def test_caches_leave_a_network_only_with_its_last_cluster(session: Session, folder: Path) -> None:
    execute(session, whole(session))
    other = folder / "containers" / "k3d-tiny-other-server-0"
    other.write_text("k3d.cluster=tiny-other")
    image_cache.disconnect("k3d-tiny", ["k3d-tiny-server-0"])
    assert left(folder, "connected/k3d-tiny") == CACHES
    other.rename(folder / "containers" / "k3d-tiny-server-0")
    image_cache.disconnect("k3d-tiny", ["k3d-tiny-server-0"])
    assert left(folder, "connected/k3d-tiny") == []
    assert set(CACHES) <= set(left(folder, "containers"))


def test_pruning_removes_the_caches_with_their_contents(
    session: Session, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    execute(session, whole(session))
    (folder / "volumes" / "others").write_text("k3d.cluster=tiny")
    prune_images()
    assert f"removed {', '.join(CACHES)}" in capsys.readouterr().err
    assert (left(folder, "containers"), left(folder, "volumes")) == ([], ["others"])
    prune_images()
    assert "there is no cache" in capsys.readouterr().err
