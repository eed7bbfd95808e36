"""Waiting until the API server serves CustomResourceDefinitions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from penstock.cluster import crds
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command, Result
from penstock.kube.ref import Content
from penstock.tools.kubectl import Kubectl


@dataclass(frozen=True)
class Cluster(Kubectl):
    """A cluster whose API server returns each of these lists once, then always the last one.

    A list is lines of a name and what is said of it: True, False, or nothing yet.
    """

    kubeconfig: Path = Path("kubeconfig")
    texts: list[str] = field(default_factory=list)
    patched: list[str] = field(default_factory=list)

    def get(self, kind: str, *_: str) -> list[Content]:
        assert kind == "customresourcedefinitions"
        text = self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        return [definition(*line.split(" ")) for line in text.splitlines()]

    def run(
        self, *arguments: str | Path, stdin: bytes | None = None, timeout: float = 60, ok: tuple[int, ...] = (0,)
    ) -> Result:
        assert arguments[:2] == ("patch", "customresourcedefinition")
        assert arguments[3:] == (
            "--subresource=status",
            "--type=merge",
            "-p",
            '{"status": {"acceptedNames": {"kind": "", "plural": ""}}}',
        )
        self.patched.append(str(arguments[2]))
        return Result(Command(["kubectl"]), 0, b"", b"", 0.0)


def cluster(*texts: str) -> Cluster:
    return Cluster(texts=list(texts))


def definition(name: str, said: str, seconds: str = "0") -> dict[str, Any]:
    since = datetime.now(UTC) - timedelta(seconds=int(seconds))
    accepted = {"type": "NamesAccepted", "status": "True", "lastTransitionTime": since.isoformat()}
    conditions = [accepted, {"type": "Established", "status": said}]
    return {"metadata": {"name": name}, "status": {"conditions": conditions if said else None}}


def test_names_and_whether_they_are_established() -> None:
    found = crds.names(cluster("towns.example.org True\nwidgets.example.org False\nnew.example.org \n"))
    assert found == {"towns.example.org": True, "widgets.example.org": False, "new.example.org": False}


def test_a_definition_that_is_stuck_is_released() -> None:
    stuck = cluster("old.example.org False 60\nnew.example.org False 1\nfine.example.org True 60\nempty.example.org \n")
    crds.release_stuck(stuck)
    assert stuck.patched == ["old.example.org"]


def test_others_definitions_are_left_alone() -> None:
    asked = cluster("theirs False 60\nours False 60\n", "ours True\n")
    crds.await_established(asked, {"ours"}, Step("x"))
    assert asked.patched == ["ours"]


def test_waits_until_all_are_established() -> None:
    asked = cluster("a True\nb \n", "a True\nb False\n", "a True\nb True\n", "")
    crds.await_established(asked, {"a", "b"}, Step("x"))
    assert asked.texts == [""]


def test_late_definitions_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crds, "_SECONDS", 0.0)
    with pytest.raises(PenstockError) as caught:
        crds.await_established(cluster("a True\nb False\nother False\n"), {"a", "b", "c"}, Step("x"))
    assert caught.value.message == "the API server does not serve b, c"


def test_other_definitions_are_ignored() -> None:
    crds.await_established(cluster("a True\nother False\n"), {"a"}, Step("x"))


def test_applied_definitions_are_read_from_kubectls_output() -> None:
    said = (
        "namespace/town serverside-applied\n"
        "customresourcedefinition.apiextensions.k8s.io/widgets.example.org serverside-applied\n"
    )
    assert crds.in_output(said) == {"widgets.example.org"}
