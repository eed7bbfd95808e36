"""Archives are imported several at a time, and what fails is told in the order of the archives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from penstock.cluster import images
from penstock.cluster.actions import execute
from penstock.cluster.session import Session
from penstock.core.errors import Findings
from penstock.core.process import Command, CommandFailed, Result
from penstock.tools.archives import Archive

NODES = ["one", "two"]


class Cluster:
    """A cluster of two nodes, and two archives; the second node has the image of the first archive already."""

    def __init__(self) -> None:
        provider = SimpleNamespace(node_names=lambda _: NODES)
        recorded = SimpleNamespace(stand_ins={})
        self.archives = tuple(Archive(Path(f"/{name}.tar"), {name: "id"}, frozenset(), {}) for name in ("a", "b"))
        self.session = cast(
            "Session",
            SimpleNamespace(
                archives=self.archives, provider=provider, recorded=recorded, note=lambda: None, timeout=60.0
            ),
        )

    def load(self) -> list[str]:
        return execute(self.session, images.load(self.session))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr("penstock.tools.docker.runtime_images", lambda node: {"a": "id"} if node == "two" else {})
    return Cluster()


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
