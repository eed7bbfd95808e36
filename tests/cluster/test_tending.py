"""Looking after a cluster while something waits for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from penstock.cluster import tending
from penstock.cluster.session import Session
from penstock.core.process import Command, Result
from penstock.kube.ref import Content
from penstock.tools.kubectl import Kubectl


@dataclass(frozen=True)
class Cluster(Kubectl):
    """A cluster with these definitions: their times of creation, and whether each is established."""

    kubeconfig: Path = Path("kubeconfig")
    definitions: dict[str, tuple[str, str]] = field(default_factory=dict)
    full: list[str] = field(default_factory=list)

    def get(self, kind: str, *_: str) -> list[Content]:
        self.full.append(kind)
        return [definition(name, said) for name, (_, said) in self.definitions.items()]

    def run(self, *arguments: str | Path, **_: Any) -> Result:
        assert arguments == ("get", "customresourcedefinitions", "--no-headers")
        lines = [f"{name}   {created}" for name, (created, _) in self.definitions.items()]
        return Result(Command(["kubectl"]), 0, "\n".join(lines).encode(), b"", 0.0)


def definition(name: str, said: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Established", "status": said}]}}


def test_definitions_are_read_in_full_only_where_one_is_new_or_not_established(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tending, "_SECONDS", 0.0)
    cluster = Cluster(definitions={"doors": ("noon", "True"), "windows": ("noon", "False")})
    provider = SimpleNamespace(makes=True, runs_pods=True)
    looking = tending.Tending(cast("Session", SimpleNamespace(kubectl=cluster, provider=provider)))

    def reads() -> int:
        cluster.full.clear()
        looking.tend()
        return len(cluster.full)

    assert [reads(), reads()] == [1, 1]
    cluster.definitions["windows"] = ("noon", "True")
    assert [reads(), reads(), reads()] == [1, 0, 0]
    cluster.definitions["doors"] = ("one", "False")
    assert [reads(), reads()] == [1, 1]
    del cluster.definitions["doors"]
    assert reads() == 0
