"""Whether the API server serves what is defined."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from penstock.cluster import definitions
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.tools.kubectl import Kubectl


class Cluster:
    """A cluster whose API server answers with one text after the other, and with the last one from then on."""

    kubeconfig = Path("kubeconfig")

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)

    def run(self, *_: str) -> SimpleNamespace:
        return SimpleNamespace(text=self.texts.pop(0) if len(self.texts) > 1 else self.texts[0])


def cluster(*texts: str) -> Kubectl:
    return cast("Kubectl", Cluster(*texts))


def test_each_is_established_or_not() -> None:
    found = definitions.names(cluster("towns.example.org True\nwidgets.example.org False\nnew.example.org \n"))
    assert found == {"towns.example.org": True, "widgets.example.org": False, "new.example.org": False}


def test_waits_until_all_are() -> None:
    asked = Cluster("a True\nb \n", "a True\nb False\n", "a True\nb True\n", "")
    definitions.await_established(cast("Kubectl", asked), {"a", "b"}, Step("x"))
    assert asked.texts == [""]


def test_names_those_that_are_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "_SECONDS", 0.0)
    with pytest.raises(PenstockError) as caught:
        definitions.await_established(cluster("a True\nb False\nother False\n"), {"a", "b", "c"}, Step("x"))
    assert caught.value.message == "the API server does not serve b, c"


def test_those_of_others_are_not_waited_for() -> None:
    definitions.await_established(cluster("a True\nother False\n"), {"a"}, Step("x"))


def test_what_was_applied_is_read_from_kubectls_answer() -> None:
    said = (
        "namespace/town serverside-applied\n"
        "customresourcedefinition.apiextensions.k8s.io/widgets.example.org serverside-applied\n"
    )
    assert definitions.in_answer(said) == {"widgets.example.org"}
