"""The entries of a cluster are removed from the user's kubeconfig, regardless of the provider's naming."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.cluster import kubeconfig
from penstock.cluster.state import ClusterState
from penstock.core import yaml

pytestmark = pytest.mark.integration


def config(current: str, **users: str) -> dict[str, object]:
    """A kubeconfig with a context for each cluster -> user."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}} for name, user in users.items()],
        "clusters": [{"name": name, "cluster": {"server": "https://127.0.0.1:1"}} for name in users],
        "users": [{"name": user, "user": {"token": "x"}} for user in users.values()],
    }


def test_a_user_with_another_name_than_its_context_is_removed(tmp_path: Path) -> None:
    """k3d calls the user of k3d-tiny admin@k3d-tiny."""
    own, ours = tmp_path / "own", tmp_path / "ours"
    tiny = {"k3d-tiny": "admin@k3d-tiny"}
    ours.write_text(yaml.dump(config("k3d-tiny", **tiny)))
    own.write_text(yaml.dump(config("k3d-tiny", work="me", **tiny)))
    kubeconfig.unmerge(ClusterState(provider="k3d", environment="local", merged_into=str(own)), ours)
    left = yaml.parse(own.read_text())
    assert {key: [item["name"] for item in left[key]] for key in ("contexts", "clusters", "users")} == {
        "contexts": ["work"],
        "clusters": ["work"],
        "users": ["me"],
    }
    assert not left.get("current-context")
