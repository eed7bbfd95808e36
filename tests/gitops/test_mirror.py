"""Sources of others, served locally."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from penstock.core.errors import PenstockError
from penstock.gitops import mirror
from penstock.gitops.mirror import Mirror
from penstock.gitops.objects import dump
from penstock.platform.manifests import Manifests
from penstock.tools.git import git
from penstock.tools.modules import UPSTREAM

URL, MODULE = next(iter(UPSTREAM.items()))


def manifests(root: Path, url: str, tag: str) -> Manifests:
    """A tree with one component, which has one GitRepository."""
    source: dict[str, Any] = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "definitions", "namespace": "flux-system"},
        "spec": {"url": url, "ref": {"tag": tag, "commit": "0" * 40}},
    }
    for folder, name in (("flux-system", "kustomization-kinds.yaml"), ("kinds", "gitrepository-definitions.yaml")):
        (root / folder).mkdir()
        (root / folder / name).write_bytes(dump(source))
    return Manifests(root)


def test_a_source_that_a_module_stands_in_for(tmp_path: Path) -> None:
    assert mirror.mirrors(manifests(tmp_path, URL, MODULE.version)) == [Mirror("kinds", "definitions", MODULE)]


def test_any_other_source_is_left_alone(tmp_path: Path) -> None:
    assert mirror.mirrors(manifests(tmp_path, "https://example.org/other", "v1.0.0")) == []


def test_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PenstockError, match=r"components/kinds: GitRepository definitions is at `v0\.1\.0`, and "):
        mirror.mirrors(manifests(tmp_path, URL, "v0.1.0"))


@pytest.mark.integration
def test_its_repository_has_the_files_of_the_module_and_always_the_same_commit(tmp_path: Path) -> None:
    found = Mirror("kinds", "definitions", MODULE)
    commit = mirror.make(found, tmp_path / "one")
    assert mirror.make(found, tmp_path / "one") == commit
    assert mirror.make(found, tmp_path / "two") == commit
    files = git(tmp_path / "one" / found.repository, "ls-tree", "-r", "--name-only", commit).text.split()
    assert "config/crd/standard/gateway.networking.k8s.io_gateways.yaml" in files
    assert all(file.startswith(f"{MODULE.inside}/") for file in files)


def test_the_patch_redirects_that_source_and_nothing_else() -> None:
    made = mirror.patch(Mirror("kinds", "definitions", MODULE), "http://127.0.0.1:1/x.git", "1" * 40)
    assert made["target"] == {"kind": "Kustomization", "name": "kinds"}
    (outer,) = json.loads(made["patch"])
    (patch,) = outer["value"]
    assert (outer["op"], outer["path"]) == ("add", "/spec/patches")
    assert patch["target"] == {"kind": "GitRepository", "name": "definitions"}
    assert {step["path"]: step["value"] for step in json.loads(patch["patch"])} == {
        "/spec/url": "http://127.0.0.1:1/x.git",
        "/spec/ref": {"branch": "main", "commit": "1" * 40},
        "/spec/secretRef": {"name": "git-source"},
    }
