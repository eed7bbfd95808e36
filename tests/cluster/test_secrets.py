"""Secrets are declared strictly, created once, and never changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from penstock.cluster import secrets
from penstock.core.errors import PenstockError
from penstock.platform.layout import Layout
from penstock.platform.secrets import Secret, declared
from penstock.tools.kubectl import Kubectl


class Cluster:
    """A cluster that stores Secrets."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], dict[str, Any]] = {}

    def get_these(self, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        asked = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in objects]
        return [
            {"metadata": {"namespace": space, "name": name}, **self.held[space, name]}
            for space, name in asked
            if (space, name) in self.held
        ]

    def apply(self, objects: list[dict[str, Any]], manager: str) -> None:
        assert manager == "penstock"
        for item in objects:
            data = item.get("data") or item["stringData"]
            self.held[item["metadata"]["namespace"], item["metadata"]["name"]] = {"data": data}


LOGIN = Secret(name="login", namespaces=["a", "b"], literal={"user": "x"}, generate={"password": 24})


def test_every_namespace_gets_the_same_values_once() -> None:
    cluster = Cluster()
    kubectl = cast("Kubectl", cluster)
    assert secrets.create(kubectl, [LOGIN]) == ["a/login", "b/login"]
    first = dict(cluster.held)
    assert first["a", "login"] == first["b", "login"]
    assert first["a", "login"]["data"]["user"] == "x"
    assert len(first["a", "login"]["data"]["password"]) == 32  # 24 bytes in base64
    assert secrets.create(kubectl, [LOGIN]) == []
    assert cluster.held == first


def test_a_later_namespace_gets_the_existing_values() -> None:
    cluster = Cluster()
    kubectl = cast("Kubectl", cluster)
    secrets.create(kubectl, [LOGIN])
    lost = cluster.held.pop(("b", "login"))
    assert secrets.create(kubectl, [LOGIN]) == ["b/login"]
    assert cluster.held["b", "login"] == lost


def test_two_clusters_get_different_values() -> None:
    one, other = Cluster(), Cluster()
    secrets.create(cast("Kubectl", one), [LOGIN])
    secrets.create(cast("Kubectl", other), [LOGIN])
    assert one.held["a", "login"]["data"]["password"] != other.held["a", "login"]["data"]["password"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("secrets: [{name: x, namespaces: [a], generat: {k: 24}}]", "unknown key `generat`"),
        ("secrets: [{name: x, namespaces: [a], generate: {k: 4}}]", "k has only 4 random bytes, which can be guessed"),
        ("secrets: [{name: x}]", "the key `namespaces` is missing"),
    ],
)
def test_a_declaration_is_read_strictly(tmp_path: Path, text: str, message: str) -> None:
    folder = tmp_path / "components" / "web"
    folder.mkdir(parents=True)
    (folder / "secrets.yaml").write_text(text)
    with pytest.raises(PenstockError) as refused:
        declared(Layout(tmp_path), ["web"])
    assert message in refused.value.message
