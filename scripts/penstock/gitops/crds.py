"""CustomResourceDefinitions without a cluster, from the manifests and from modules that stand in for a source."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from penstock.kube.definitions import definition
from penstock.kube.kustomizations import GitRepositorySpec, KustomizationSpec
from penstock.kube.objects import Object
from penstock.tools import flux, modules
from penstock.tools.modules import OPERATORS, UPSTREAM

GroupKind = tuple[str, str]


def collect(kinds: Collection[GroupKind], objects: Collection[Object]) -> list[Object]:
    """The CRDs of these kinds that can be found without a cluster.

    The environment's own objects take precedence, then those that its Kustomizations apply from another source, then
    the modules of Flux, the Gateway API and operators.
    """
    found: dict[GroupKind, Object] = {}
    for item in (*objects, *_read(kinds, _brought(objects)), *_read(kinds, _modules())):
        defined = definition(item)
        if defined and (defined.group, defined.names.kind) in kinds:
            found.setdefault((defined.group, defined.names.kind), item)
    return list(found.values())


def _read(kinds: Collection[GroupKind], files: Iterator[Path]) -> Iterator[Object]:
    names = [f"kind: {kind}\n".encode() for _, kind in kinds]
    for path in files:
        if any(name in path.read_bytes() for name in names):
            yield from modules.objects(path)


def _brought(objects: Collection[Object]) -> Iterator[Path]:
    """The files that the Kustomizations among some objects apply from a source that a module stands in for."""
    urls = {item.name: item.spec_as(GitRepositorySpec).url for item in objects if item.kind == "GitRepository"}
    for item in objects:
        if item.kind == "Kustomization":
            spec = item.spec_as(KustomizationSpec)
            module = UPSTREAM.get(urls.get(spec.source_ref.name, "")) if spec.source_ref else None
            if module:
                yield from sorted((module.root / spec.path).glob("*.yaml"))


def _modules() -> Iterator[Path]:
    yield from flux.crds()
    for module in (*UPSTREAM.values(), *OPERATORS.values()):
        # The Gateway API has the folders `standard` and `experimental`.
        yield from sorted((module.root / module.inside).rglob("*.yaml"), reverse=True)
