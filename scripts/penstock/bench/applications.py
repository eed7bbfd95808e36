"""Many small applications for the benchmark of Flux, each with a Kustomization of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from penstock.gitops import objects
from penstock.kube.flux import NAMESPACE
from penstock.kube.ref import Content
from penstock.platform.layout import Layout

ENVIRONMENT = "bench"
# The label by which Flux's controllers share out objects: https://fluxcd.io/flux/installation/configuration/sharding/
SHARD = "sharding.fluxcd.io/key"


def make(folder: Path, count: int, together: int, shards: int, version: int) -> Layout:
    """Write a platform with `count` Kustomizations, each in one of the shards; `version` is the tag of the images.

    `together` of them share a source, which has a folder of manifests/ for them alone.
    """
    layout = Layout(folder)
    for path in (layout.components, layout.environments, layout.tree(ENVIRONMENT) / NAMESPACE):
        path.mkdir(parents=True, exist_ok=True)
    layout.helmfile.write_text(f"environments:\n  {ENVIRONMENT}: {{}}\n")
    names = [f"app-{number:04d}" for number in range(count)]
    for number, name in enumerate(names):
        group = f"group-{number // together:03d}"
        item = objects.component(f"{layout.manifests.name}/{ENVIRONMENT}", f"{group}/{name}", [])
        labels = {SHARD: f"shard{number % shards}"}
        metadata = {**item["metadata"], "name": name, "labels": labels}
        spec = {**item["spec"], "sourceRef": {"kind": "GitRepository", "name": group}}
        _write(layout, NAMESPACE, f"kustomization-{name}.yaml", {**item, "metadata": metadata, "spec": spec})
        for each in _application(name, version):
            _write(layout, f"{group}/{name}", f"{each['kind'].lower()}.yaml", each)
        files = ["deployment.yaml", "service.yaml", "serviceaccount.yaml"]
        (layout.tree(ENVIRONMENT) / group / name / objects.INDEX).write_bytes(objects.index(files))
    index = objects.index([f"kustomization-{name}.yaml" for name in names])
    (layout.tree(ENVIRONMENT) / NAMESPACE / objects.INDEX).write_bytes(index)
    return layout


def _write(layout: Layout, component: str, file: str, item: Content) -> None:
    folder = layout.tree(ENVIRONMENT) / component
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(objects.dump(item))


def _application(name: str, version: int) -> Iterator[Content]:
    metadata = {"name": name, "namespace": "default"}
    labels = {"app": name}
    containers = [{"name": "main", "image": f"registry.example.org/{name}:{version}"}]
    pod = {"metadata": {"labels": labels}, "spec": {"serviceAccountName": name, "containers": containers}}
    deployment = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod}
    yield {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": deployment}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
