"""Archives are imported several at a time, those of phase 1 first, and what fails is told in that order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from penstock.cluster import images
from penstock.cluster.actions import Action, Work, execute
from penstock.cluster.session import Session
from penstock.core.errors import Findings, PenstockError
from penstock.core.process import Command, CommandFailed, Result
from penstock.kube.objects import Object
from penstock.tools.archives import Archive

NODES = ["one", "two"]


def daemon_set(image: str) -> Object:
    container = {"name": "agent", "image": image}
    pod = {"metadata": {"labels": {"app": "agent"}}, "spec": {"containers": [container]}}
    content = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "system"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": pod},
    }
    return Object("network", content)


class Cluster:
    """A cluster of two nodes, and archives by the names of their images; the second node has the image `a`."""

    def __init__(self, *archives: str, network: str = "") -> None:
        provider = SimpleNamespace(node_names=lambda _: NODES)
        objects = [daemon_set(network)] if network else []
        self.archives = tuple(Archive(Path(f"/{name}.tar"), {name: "id"}, frozenset(), {}) for name in archives)
        self.session = cast(
            "Session",
            SimpleNamespace(
                archives=self.archives,
                provider=provider,
                recorded=SimpleNamespace(stand_ins={}),
                note=lambda: None,
                timeout=60.0,
                bootstrap=["network"],
                manifests=SimpleNamespace(objects=lambda _: objects),
            ),
        )

    def load(self, *network: Work, early: Sequence[Work] = ()) -> list[str]:
        return execute(self.session, images.load(self.session, early, network))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr("penstock.tools.docker.runtime_images", lambda node: {"a": "id"} if node == "two" else {})
    return Cluster("a", "b")


Runs = Callable[[Callable[[Command], None]], None]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Replaces the run of a command."""
    return lambda what: monkeypatch.setattr(images, "run", what)


def test_imports_run_at_the_same_time(cluster: Cluster, runs: Runs) -> None:
    together = threading.Barrier(3)

    def meet(_: Command) -> None:
        together.wait(timeout=30)

    runs(meet)
    assert cluster.load() == ["2 images from 2 archives"]


def test_failures_are_told_in_order_with_archive_and_node(cluster: Cluster, runs: Runs) -> None:
    last_ended = threading.Event()

    def fail(command: Command) -> None:
        node, is_last = command.argv[3], command.stdin_file == Path("/b.tar")
        if not is_last:
            last_ended.wait(timeout=30)
        said = b"ctr: write /x: no space left on device" if is_last else b"ctr: unexpected EOF"
        try:
            raise CommandFailed(Result(command, 1, b"", said, 0))
        finally:
            if is_last and node == "two":
                last_ended.set()

    runs(fail)
    with pytest.raises(Findings) as caught:
        cluster.load()
    assert caught.value.findings == [
        "/a.tar: one did not load it: unexpected EOF",
        "/b.tar: one did not load it: write /x: no space left on device",
        "/b.tar: two did not load it: write /x: no space left on device",
    ]
    assert caught.value.hint.splitlines()[1].startswith("the disk of Docker is full: inv images-prune")


def test_without_a_need_nothing_runs(cluster: Cluster, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.tools.docker.runtime_images", lambda _: {"a": "id", "b": "id"})
    runs(lambda command: pytest.fail(command.line))
    assert cluster.load() == ["2 images from 2 archives"]


@pytest.mark.usefixtures("cluster")
def test_the_network_starts_once_its_images_are_loaded_while_the_others_are(runs: Runs) -> None:
    later, network = "docker.io/library/later:1", "docker.io/library/network:1"
    cluster = Cluster(later, network, network="network:1")
    loaded: list[Path | None] = []
    is_starting = threading.Event()

    def load(command: Command) -> None:
        if command.stdin_file == Path(f"/{later}.tar"):
            assert is_starting.wait(timeout=30)
        loaded.append(command.stdin_file)

    def start() -> str:
        assert loaded == [Path(f"/{network}.tar")] * len(NODES)
        is_starting.set()
        return "started"

    runs(load)
    assert cluster.load(Work("", start)) == ["started", "2 images from 2 archives"]
    assert loaded[2:] == [Path(f"/{later}.tar")] * len(NODES)


@pytest.mark.usefixtures("cluster")
def test_after_a_failure_meanwhile_no_further_archive_is_loaded(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Command] = []
    is_shut = threading.Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            is_shut.set()
            super().shutdown(wait=wait)

    def load(command: Command) -> None:
        begun.append(command)
        assert is_shut.wait(timeout=30)

    def fail() -> None:
        raise PenstockError("no network", "connect it")

    runs(load)
    monkeypatch.setattr(images, "ThreadPoolExecutor", Pool)
    with pytest.raises(PenstockError, match="no network"):
        Cluster(*map(str, range(20))).load(Work("", fail))
    assert len(begun) <= 4


@pytest.mark.usefixtures("cluster")
def test_what_needs_no_image_waits_for_none(runs: Runs) -> None:
    is_defined = threading.Event()

    def load(_: Command) -> None:
        assert is_defined.wait(timeout=30)

    runs(load)
    network = "docker.io/library/network:1"
    early = [Work("", is_defined.set)]
    said = Cluster(network, network=network).load(Work("", lambda: "started"), early=early)
    assert said == ["started", "1 images from 1 archives"]


def test_without_archives_both_plans_are_carried_out() -> None:
    assert Cluster().load(Work("", lambda: "started"), early=[Work("", lambda: "defined")]) == ["defined", "started"]


def test_nothing_else_is_loaded_before_the_images_of_phase_1() -> None:
    network, later = "docker.io/library/network:1", "docker.io/library/later:1"
    session = Cluster(later, network, network="network:1").session
    plan = images.load(session, [Work("define", lambda: None)], [Work("start", lambda: None)])
    said = [item.changes if isinstance(item, Action) else item.what for item in plan]
    assert said == [
        *["images: network:1.tar"] * len(NODES),
        "define",
        "wait until the images of this phase are loaded",
        *["images: later:1.tar"] * len(NODES),
        "start",
        "wait until all are loaded",
        "",
    ]
