"""What stands in the way of a cluster in Docker is said before anything starts, with its fix."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from penstock.cluster import processes
from penstock.cluster.providers import checks
from penstock.cluster.providers.provider import Problem
from penstock.kube.objects import Object
from penstock.tools.archives import Archive
from penstock.tools.docker import Daemon

GIB = 1 << 30


def workload(kind: str, memory: str, replicas: int = 1, cpu: str = "0") -> Object:
    containers = [{"name": "one", "resources": {"requests": {"memory": memory, "cpu": cpu}}}, {"name": "two"}]
    spec = {"replicas": replicas, "template": {"spec": {"containers": containers}}}
    return Object("town", {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec})


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as found:
        yield found


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("512Mi", 512 << 20),
        ("1.5Gi", 3 << 29),
        ("1Ti", 1 << 40),
        ("128974848", 128974848),
        ("1e3", 1000),
        ("2M", 2000000),
    ],
)
def test_memory_is_what_the_manifests_request(quantity: str, expected: int) -> None:
    service = Object("town", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {}})
    objects = [workload("Deployment", quantity, 2), workload("DaemonSet", quantity, 7), service]
    assert checks.requested(objects, "memory") == 3 * expected


def test_too_little_memory(listener: socket.socket) -> None:
    objects = [workload("StatefulSet", "1Gi", 3)]
    assert list(checks.memory(Daemon("28", 4 * GIB, 8), objects)) == []
    (problem,) = checks.memory(Daemon("28", 4 * GIB - 1, 8), objects)
    assert problem.fatal
    assert problem.what == "Docker has 4.0 GiB of memory, and the platform takes 4.0 GiB"
    assert "Settings, Resources" in problem.fix


def test_too_few_cores() -> None:
    objects = [workload("StatefulSet", "0", 3, "250m"), workload("DaemonSet", "0", cpu="0.25")]
    assert list(checks.cores(Daemon("28", GIB, 2), objects, 1)) == []
    assert list(checks.cores(Daemon("28", GIB, 1), objects, 2)) == []
    (problem,) = checks.cores(Daemon("28", GIB, 1), objects, 1)
    assert problem.fatal
    assert problem.what == "the nodes have 1 cores, and the platform takes 2.0"
    assert "lower `cpu` in environments/" in problem.fix


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_a_port_that_somebody_listens_on(listener: socket.socket, address: str) -> None:
    listener.bind((address, 0))
    port = listener.getsockname()[1]
    listener.listen()
    (problem,) = checks.ports({port: "cluster.k3d.http"})
    assert f"port {port} on 127.0.0.1, where the Gateway would answer, is taken by" in problem.what
    assert f"(pid {os.getpid()})" in problem.what
    assert "cluster.k3d.http" in problem.fix


def test_a_port_that_only_root_may_have_is_taken_when_it_answers(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    free, taken = processes.free_port(), listener.getsockname()[1]

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    (problem,) = checks.ports({free: "cluster.k3d.http", taken: "cluster.k3d.https"})
    assert f"port {taken} on 127.0.0.1" in problem.what


def test_a_listener_is_still_found_where_only_root_may_know_whose_it_is(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener.bind(("127.0.0.1", 0))
    listener.listen()

    def refuse(_: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)  # as on macOS
    (problem,) = checks.ports({listener.getsockname()[1]: "cluster.k3d.http"})
    assert problem.what.endswith("is taken by another process")


def test_inotify_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name, value in (("max_user_watches", 8192), ("max_user_instances", 512)):
        (tmp_path / name).write_text(f"{value}\n")
    assert list(checks.inotify(tmp_path)) == [
        Problem(
            "fs.inotify.max_user_watches is 8192: pods may fail with `too many open files`",
            "sudo sysctl fs.inotify.max_user_watches=524288",
            fatal=False,
        )
    ]


def test_a_cluster_that_another_checkout_made() -> None:
    assert list(checks.left_over("tiny", [], "k3d cluster delete tiny")) == []
    (problem,) = checks.left_over("tiny", ["k3d-tiny-server-0"], "k3d cluster delete tiny")
    assert problem.fatal
    assert "`tiny` already that this checkout did not make: k3d-tiny-server-0" in problem.what
    assert "k3d cluster delete tiny" in problem.fix


def test_docker_without_root(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.write_text("1024\n")
    wanted = {80: "cluster.kind.http", 8443: "cluster.kind.https"}
    assert list(checks.rootless(Daemon("28", GIB, 8), wanted, first)) == []
    port, untried = checks.rootless(Daemon("28", GIB, 8, rootless=True), wanted, first)
    assert port.fatal
    assert "port 80 on 127.0.0.1" in port.what
    assert "cluster.kind.http" in port.fix
    assert not untried.fatal
    assert "--source remote" in untried.fix


def test_old_control_groups() -> None:
    assert list(checks.cgroups(Daemon("28", GIB, 8), "1.37.0")) == []
    assert list(checks.cgroups(Daemon("28", GIB, 8, cgroups="1"), "1.34.9")) == []
    (problem,) = checks.cgroups(Daemon("28", GIB, 8, cgroups="1"), "1.35.0")
    assert not problem.fatal
    assert "cgroup v1, where the kubelet of 1.35.0 does not start unless" in problem.what
    assert "systemd.unified_cgroup_hierarchy=1" in problem.fix


def test_too_little_disk_for_the_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = Daemon("28", GIB, 8, root=str(tmp_path))
    (tmp_path / "a.tar").write_bytes(b"0" * 1024)
    archive = Archive(tmp_path / "a.tar", {}, frozenset(), {})

    def free(size: float) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=size))

    free(8 * GIB)
    assert list(checks.disk(daemon, [], 2)) == []
    free(8 * GIB - 1)
    (problem,) = checks.disk(daemon, [], 2)
    assert not problem.fatal
    assert problem.what == f"8.0 GiB are free in {tmp_path}, and the images of 2 nodes take at least 8.0 GiB"
    assert "inv images-prune" in problem.fix
    free(2048)
    assert list(checks.disk(daemon, [archive], 2)) == []
    free(2047)
    (problem,) = checks.disk(daemon, [archive], 2)
    assert problem.fatal
    assert list(checks.disk(Daemon("28", GIB, 8, root="/in/a/vm"), [], 1)) == []


@pytest.mark.parametrize(
    "image", ["kindest/node:v1.37.0@sha256:" + "0a" * 32, "rancher/k3s:v1.37.0-k3s1", "lab/node:7"]
)
def test_a_node_image_of_the_same_version(image: str) -> None:
    assert list(checks.node_image(image, "1.37.0", "cluster.kind.image")) == []


def test_a_node_image_of_another_version() -> None:
    (problem,) = checks.node_image("kindest/node:v1.36.1", "1.37.0", "cluster.kind.image")
    assert problem.fatal
    assert problem.what == (
        "cluster.kind.image kindest/node:v1.36.1 has Kubernetes 1.36.1, and kubernetes.version is 1.37.0"
    )
    assert problem.fix == "make both the same in environments/, then inv hydrate"
