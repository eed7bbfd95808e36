"""Waiting until the API server serves CustomResourceDefinitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from penstock.cluster import crds
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.tools.kubectl import Kubectl


class Cluster:
    """A cluster whose API server returns each of these lists once, then always the last one.

    A list is lines of a name and what is said of it: True, False, or nothing yet.
    """

    kubeconfig = Path("kubeconfig")

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)

    def get(self, kind: str) -> list[dict[str, Any]]:
        assert kind == "customresourcedefinitions"
        text = self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        return [definition(*line.split(" ")) for line in text.splitlines()]


def definition(name: str, said: str) -> dict[str, Any]:
    conditions = [{"type": "NamesAccepted", "status": "True"}, {"type": "Established", "status": said}]
    return {"metadata": {"name": name}, "status": {"conditions": conditions if said else None}}


def cluster(*texts: str) -> Kubectl:
    return cast("Kubectl", Cluster(*texts))


def test_names_and_whether_they_are_established() -> None:
    found = crds.names(cluster("towns.example.org True\nwidgets.example.org False\nnew.example.org \n"))
    assert found == {"towns.example.org": True, "widgets.example.org": False, "new.example.org": False}


def test_waits_until_all_are_established() -> None:
    asked = Cluster("a True\nb \n", "a True\nb False\n", "a True\nb True\n", "")
    crds.await_established(cast("Kubectl", asked), {"a", "b"}, Step("x"))
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
