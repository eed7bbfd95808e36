"""Serve third-party Git sources locally, with the same files from the Go module cache.

The manifests keep the address and the commit of the real source. A patch of the root Kustomization, which only a local
cluster has, redirects Flux to the local server.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.gitops.objects import LOCAL_CREDENTIALS
from penstock.kube.kustomizations import GitRepositorySpec, KustomizationSpec
from penstock.kube.objects import Object
from penstock.kube.ref import Content
from penstock.platform.manifests import Manifests
from penstock.tools.modules import UPSTREAM, Module
from penstock.tools.repository import BRANCH, DATED, Repository, rebuilt


@dataclass(frozen=True)
class Mirror:
    """A component's GitRepository that a Go module can replace."""

    component: str
    source: str
    module: Module

    @property
    def repository(self) -> str:
        """The folder of the bare repository, and the last segment of its address."""
        return f"{self.module.home}.git"


def mirrors(manifests: Manifests) -> list[Mirror]:
    """Return the sources that can be served locally; raises PenstockError if manifests and module differ in version."""
    found = []
    for component in manifests.components:
        for item in manifests.objects(component):
            spec = item.spec_as(GitRepositorySpec) if item.kind == "GitRepository" else None
            module = UPSTREAM.get(spec.url) if spec else None
            if spec and module:
                _refuse_other_version(item, spec.ref.tag, module)
                found.append(Mirror(component, item.name, module))
    return found


def applied(manifests: Manifests, item: Object) -> list[Path]:
    """The files that a component's own Flux Kustomization applies; PenstockError when they are not to be had here."""
    spec = item.spec_as(KustomizationSpec)
    source = spec.source_ref.name if spec.source_ref else ""
    found = next((each for each in mirrors(manifests) if each.source == source), None)
    if found is None:
        raise PenstockError(
            f"Kustomization {item.name}: nothing here stands in for its source `{source}`",
            "add its Go module to UPSTREAM in scripts/penstock/tools/modules.py",
        )
    return sorted((found.module.root / spec.path).glob("*.yaml"))


def make(mirror: Mirror, folder: Path) -> str:
    """Return the commit of the bare repository in `folder`, created if it lacks this version of the module."""
    place = Repository(folder / mirror.repository, mirror.module.root)
    return rebuilt(place.folder, lambda: _make(place, f"{mirror.module.path} {mirror.module.version}"))


def _make(place: Repository, message: str) -> str:
    place.make()
    branch = f"refs/heads/{BRANCH}"
    found = place.git("for-each-ref", "--format=%(objectname) %(contents:subject)", branch).text.strip()
    commit, _, subject = found.partition(" ")
    if subject == message:
        return commit
    place.git("add", "--all", "--force", ".")
    tree = place.git("write-tree").text.strip()
    commit = place.git("commit-tree", tree, "-m", message, env=DATED).text.strip()
    place.git("update-ref", branch, commit)
    return commit


def patch(mirror: Mirror, url: str, commit: str) -> Content:
    """A patch for the root Kustomization: the component's own Kustomization gets one that redirects its source."""
    inner = [
        {"op": "replace", "path": "/spec/url", "value": url},
        {"op": "replace", "path": "/spec/ref", "value": {"branch": BRANCH, "commit": commit}},
        {"op": "add", "path": "/spec/secretRef", "value": {"name": LOCAL_CREDENTIALS}},
    ]
    target = {"kind": "GitRepository", "name": mirror.source}
    outer = [{"op": "add", "path": "/spec/patches", "value": [{"target": target, "patch": json.dumps(inner)}]}]
    return {"target": {"kind": "Kustomization", "name": mirror.component}, "patch": json.dumps(outer)}


def _refuse_other_version(item: Object, tag: str, module: Module) -> None:
    if tag != module.version:
        raise PenstockError(
            f"components/{item.component}: GitRepository {item.name} is at `{tag}`, and "
            f"tools/{module.home}/go.mod pins {module.version}: a local cluster would get other files than a real one",
            "make both the same version, then `inv hydrate`",
        )
