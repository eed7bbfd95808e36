"""The Flux objects of a platform: its source, the root Kustomization, and one Kustomization for each component.

The fields are those of https://fluxcd.io/flux/components/kustomize/kustomizations/ and
https://fluxcd.io/flux/components/source/gitrepositories/.
"""

from __future__ import annotations

from typing import Any

import yaml

from penstock.tools.flux import NAMESPACE

SOURCE = "platform"
ROOT = "platform"
BRANCH = "main"


def namespace() -> dict[str, Any]:
    """Flux' namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def source(url: str, environment: str) -> dict[str, Any]:
    """The GitRepository; only the environment's manifests become its artifact."""
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": SOURCE, "namespace": NAMESPACE},
        "spec": {
            "interval": "1m",
            "url": url,
            "ref": {"branch": BRANCH},
            "timeout": "60s",
            "ignore": f"/*\n!/manifests\n/manifests/*\n!/manifests/{environment}\n",
        },
    }


def root(environment: str) -> dict[str, Any]:
    """The Kustomization that holds the others. It doesn't wait for them: that would cost a level."""
    spec = {"path": f"./manifests/{environment}/{NAMESPACE}", "timeout": "2m", **_COMMON}
    return _kustomization(ROOT, spec)


def component(environment: str, name: str, needed: list[str]) -> dict[str, Any]:
    """The Kustomization of a component, which waits until its objects are Ready."""
    spec: dict[str, Any] = {"path": f"./manifests/{environment}/{name}", "timeout": "5m", "wait": True, **_COMMON}
    if needed:
        spec["dependsOn"] = [{"name": before} for before in needed]
    return _kustomization(name, spec)


def index(files: list[str]) -> bytes:
    """A kustomization.yaml that lists files."""
    return dump({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": sorted(files)})


def dump(value: Any) -> bytes:
    """Canonical YAML: keys sorted, no line folded."""
    text: str = yaml.dump(value, Dumper=yaml.SafeDumper, sort_keys=True, default_flow_style=False, width=10**6)
    return text.encode()


_COMMON = {
    "interval": "10m",
    "prune": True,
    "retryInterval": "20s",
    "sourceRef": {"kind": "GitRepository", "name": SOURCE},
}


def _kustomization(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }
