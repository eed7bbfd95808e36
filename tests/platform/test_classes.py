"""Environments are in one class if their manifests differ only in what is each one's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from penstock.platform.classes import classes, told
from penstock.platform.layout import ENGINE, Layout

SCHEMA = {
    "properties": {
        "hosts": {"type": "object", "x-own": True},
        "region": {"type": "string", "x-varies": True},
        "replicas": {"type": "integer"},
    }
}
HASH, OTHER_HASH = "0123456789", "abcdef0123"


@dataclass
class Fleet:
    layout: Layout

    def write(self, path: str, text: str) -> None:
        (self.layout.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.layout.root / path).write_text(text)

    def begin(self) -> None:
        self.layout.components.mkdir(parents=True)
        self.write("environments/base.yaml", "kubernetes: {version: 1.35.5}\n")

    def add(self, name: str, region: str, digest: str, replicas: int = 2) -> None:
        """An environment with an object that has its own values, and a Job named by a hash of them."""
        hosts = f"hosts: {{shop: shop.{name}.example.com}}\nregion: {region}\nreplicas: {replicas}\n"
        self.write(f"environments/{name}.yaml", f"cluster: {{name: cluster-{name}}}\n{hosts}")
        tree = f"manifests/{name}"
        path = f"spec:\n  path: ./manifests/{name}/shop\n"
        self.write(f"{tree}/flux-system/kustomization-shop.yaml", f"kind: Kustomization\n{path}")
        pod = (
            f"  checksum/config: {digest * 6}\nspec:\n  replicas: {replicas}\n  url: https://shop.{name}.example.com/\n"
        )
        self.write(f"{tree}/shop/deployment-shop.yaml", f"kind: Deployment\nannotations:\n{pod}")
        job = f"kind: Job\nmetadata:\n  name: make-{digest}\nbucket: cluster-{name}-logs.{region}\n"
        self.write(f"{tree}/shop/job-make-{digest}.yaml", job)
        self.write(f"{tree}/shop/kustomization.yaml", f"resources:\n- job-make-{digest}.yaml\n")
        self.write(f"{tree}/penstock.lock", digest)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(Layout(tmp_path))
    made.write("environments/schema.json", json.dumps(SCHEMA))
    made.begin()
    made.add("east", "region-one", HASH)
    made.add("west", "region-two", OTHER_HASH)
    return made


def found(fleet: Fleet) -> list[tuple[str, ...]]:
    return classes([fleet.layout], ["west", "east"])


def test_environments_that_differ_in_their_own_values_are_alike(fleet: Fleet) -> None:
    assert found(fleet) == [("east", "west")]


@pytest.mark.parametrize(
    "change",
    [
        lambda fleet: fleet.add("west", "region-two", OTHER_HASH, replicas=1),
        lambda fleet: fleet.write("manifests/west/shop/service-shop.yaml", "kind: Service\n"),
        lambda fleet: fleet.write("manifests/west/shop/deployment-shop.yaml", "kind: Deployment\n"),
        lambda fleet: (fleet.layout.tree("west") / "shop").rename(fleet.layout.tree("west") / "store"),
        lambda fleet: fleet.write("environments/west.yaml", "cluster: {name: cluster-west, domain: other.local}\n"),
    ],
    ids=["another number", "an object more", "another object", "another component", "another domain"],
)
def test_any_other_difference_makes_two_classes(fleet: Fleet, change: Callable[[Fleet], None]) -> None:
    change(fleet)
    assert found(fleet) == [("east",), ("west",)]


def test_a_value_that_is_not_marked_is_not_masked(fleet: Fleet) -> None:
    fleet.write("environments/schema.json", "{}")
    assert found(fleet) == [("east",), ("west",)]


def test_a_digest_of_an_image_is_not_masked(fleet: Fleet) -> None:
    for name, digest in (("east", HASH), ("west", OTHER_HASH)):
        fleet.write(f"manifests/{name}/shop/pod-shop.yaml", f"image: shop@sha256:{digest * 6}\n")
    assert found(fleet) == [("east",), ("west",)]


def test_only_whole_words_are_masked(fleet: Fleet) -> None:
    for name, region in (("east", "region-one"), ("west", "region-two")):
        fleet.write(f"manifests/{name}/shop/pod-shop.yaml", f"image: in{region}\n")
    assert found(fleet) == [("east",), ("west",)]


def test_both_ends_of_a_change_count(fleet: Fleet, tmp_path: Path) -> None:
    before = Fleet(Layout(tmp_path / "before"))
    before.begin()
    before.add("east", "region-one", HASH)
    before.add("west", "region-two", OTHER_HASH)
    assert classes([before.layout, fleet.layout], ["east", "west"]) == [("east", "west")]
    before.write("manifests/west/shop/deployment-shop.yaml", "kind: Deployment\n")
    assert classes([before.layout, fleet.layout], ["east", "west"]) == [("east",), ("west",)]


def test_the_shipped_regions_of_production_are_alike_but_for_a_pinned_component(tmp_path: Path) -> None:
    shutil.copytree(ENGINE / "environments", tmp_path / "environments")
    shutil.copytree(ENGINE / "manifests", tmp_path / "manifests")
    shutil.copytree(ENGINE / "components", tmp_path / "components")
    one, other = "production", "production-eu-west-1"
    assert classes([Layout(tmp_path)], [one, other]) == [(one,), (other,)]
    for name in (one, other):
        shutil.rmtree(tmp_path / "manifests" / name / "kube-state-metrics")
    assert classes([Layout(tmp_path)], ["k3d", "kind", one, other]) == [("k3d",), ("kind",), (one, other)]


def test_a_class_is_told_by_its_others() -> None:
    assert told(["a"]) == ""
    assert told(["a", "b"]) == "b differs from it only in own values"
    assert told(["a", "b", "c"]) == "b, c differ from it only in own values"
