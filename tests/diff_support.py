"""Objects to compare, and what follows from a change of them."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.core import yaml
from penstock.review import follows
from penstock.review.compare import Diff, diffs
from penstock.review.world import World, Worlds
from penstock.tools.apicheck import Problem, Verdict

GROUPS = {
    "apps/v1": ["Deployment", "StatefulSet", "DaemonSet"],
    "batch/v1": ["Job", "CronJob"],
    "rbac.authorization.k8s.io/v1": ["RoleBinding", "ClusterRoleBinding"],
    "storage.k8s.io/v1": ["StorageClass"],
}
FLUX = "kustomize.toolkit.fluxcd.io"
SHOP: dict[str, Any] = {"containers": [{"name": "shop", "image": "registry.example/shop:1"}]}


FIXED = Problem("Invalid", "field is immutable", "spec.selector")


def an(kind: str, annotations: dict[str, str] | None = None, **content: Any) -> dict[str, Any]:
    """An object named town/shop."""
    version = next((version for version, kinds in GROUPS.items() if kind in kinds), "v1")
    metadata = {"name": "shop", "namespace": "town", **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def workload(kind: str, pod: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return an(kind, spec={"template": {"spec": pod}, **spec})


def spec(kind: str, **fields: Any) -> dict[str, Any]:
    return an(kind, spec=fields)


def texts(*objects: dict[str, Any], component: str = "shop") -> dict[str, bytes]:
    return {
        f"{component}/{item['kind'].lower()}-{item['metadata']['name']}.yaml": yaml.dump(item).encode()
        for item in objects
    }


def diff(old: dict[str, bytes], new: dict[str, bytes], declared: dict[tuple[str, str], set[str]] | None = None) -> Diff:
    """What differs between the files of an environment."""
    worlds = Worlds(World("local", old), World("local", new))
    [found] = diffs([worlds], declared or {}, {}, {})
    return found


def effects(
    old: list[dict[str, Any]], new: list[dict[str, Any]], declared: dict[tuple[str, str], set[str]] | None = None
) -> list[tuple[str, str]]:
    """What follows, over all objects that differ."""
    found = diff(texts(*old), texts(*new), declared)
    return [(effect.what, effect.says) for change in found.changes for effect in change.effects]


def answer(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    """Let the API server answer this to every change."""
    monkeypatch.setattr(follows, "verdicts", lambda pairs, *_: [verdict for _ in pairs])
