"""Manifests on a branch of their own: Flux applies its root, and the rehearsal begins at what the branch publishes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from branch_support import bring, publish, separate
from cluster_support import kubectl, status
from penstock.gitops.status import KUSTOMIZATIONS, SOURCES
from support import Platform, copy_platform


@pytest.fixture
def apart(cluster_programs: None, tmp_path: Path) -> Iterator[Platform]:
    """The platform, up with the manifests among the sources, and then moved to branches of their own."""
    made = copy_platform("", tmp_path / "platform")
    made.write(".gitignore", ".penstock/\n")
    made.commit("Start")
    made.hydrate()
    try:
        made.succeed("up", "-e", "local", "--provider", "kwok")
        shutil.rmtree(made.root / "manifests")
        separate(made, tmp_path / "remotes")
        bring(made)
        yield made
    finally:
        made.succeed("down")


def test_a_cluster_from_the_branch_and_the_rehearsal_of_a_change(apart: Platform) -> None:
    apart.succeed("sync", "-e", "local")  # the branch has no commit yet
    assert {item["name"]: item["ready"] for item in status(apart)["kustomizations"]} == dict.fromkeys(
        ["greeting", "platform", "spaces"], True
    )
    (source,) = kubectl(apart).get(SOURCES, "-A")
    assert "ignore" not in source["spec"]
    (root,) = [item for item in kubectl(apart).get(KUSTOMIZATIONS, "-A") if item["metadata"]["name"] == "platform"]
    assert root["spec"]["path"] == "./flux-system"
    apart.replace("components/greeting/values.yaml.gotmpl", "hello", "bye")
    bring(apart, "local")
    apart.succeed("sync", "-e", "local")
    (found,) = [
        item for item in kubectl(apart).get("configmaps", "-n", "town") if item["metadata"]["name"] == "greeting"
    ]
    assert found["data"]["text"] == "bye world"
    publish(apart, "local")
    apart.commit("Say bye")
    apart.git("push", "--quiet")

    apart.replace("components/greeting/values.yaml.gotmpl", "bye", "good night")
    bring(apart, "local")
    (rehearsal,) = json.loads(apart.succeed("rehearse", "-e", "local", "--json").stdout)
    assert [(passage["leg"], passage["ready"]) for passage in rehearsal["passages"]] == [
        ("base", True),
        ("head", True),
        ("back", True),
    ]
    assert rehearsal["disproved"] == []
