"""CustomResourceDefinitions without a cluster, from the manifests and from modules that stand in for a source."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from penstock.core.yaml import parse_all
from penstock.kube.ref import ObjectRef
from penstock.tools import flux
from penstock.tools.modules import OPERATORS, UPSTREAM

GroupKind = tuple[str, str]


def collect(kinds: Collection[GroupKind], objects: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the CRDs of these kinds that are available without a cluster.

    The environment's own objects take precedence, then those that its Kustomizations apply from another source, then
    the modules of Flux, the Gateway API and operators.
    """
    found: dict[GroupKind, dict[str, Any]] = {}
    own = (item for item in objects if _is(item, "CustomResourceDefinition"))
    for item in (*own, *_read(kinds, _brought(objects)), *_read(kinds, _modules())):
        key = item["spec"]["group"], item["spec"]["names"]["kind"]
        if key in kinds:
            found.setdefault(key, item)
    return list(found.values())


def _read(kinds: Collection[GroupKind], files: Iterator[Path]) -> Iterator[dict[str, Any]]:
    names = [f"kind: {kind}\n".encode() for _, kind in kinds]
    for path in files:
        text = path.read_bytes()
        if any(name in text for name in names):
            yield from (item for item in parse_all(text, path) if _is(item, "CustomResourceDefinition"))


def _brought(objects: Collection[dict[str, Any]]) -> Iterator[Path]:
    """Yield the files that the Kustomizations apply from a source with a module that stands in for it."""
    urls = {item["metadata"]["name"]: item["spec"]["url"] for item in objects if _is(item, "GitRepository")}
    for item in objects:
        if _is(item, "Kustomization"):
            module = UPSTREAM.get(urls.get(item["spec"]["sourceRef"]["name"], ""))
            if module:
                yield from sorted((module.root / item["spec"]["path"]).glob("*.yaml"))


def _is(item: dict[str, Any], kind: str) -> bool:
    return ObjectRef.of(item).qualified_kind == kind


def _modules() -> Iterator[Path]:
    yield from flux.crds()
    for module in (*UPSTREAM.values(), *OPERATORS.values()):
        # The Gateway API has the folders `standard` and `experimental`.
        yield from sorted((module.root / module.inside).rglob("*.yaml"), reverse=True)
