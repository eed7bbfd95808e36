"""The two objects that make Flux sync this platform; everything else is in manifests/ and Flux' own."""

from __future__ import annotations

from typing import Any

from penstock.gitops.snapshot import BRANCH
from penstock.hydrate.flux import FLUX, SOURCE

ROOT = "platform"


def namespace() -> dict[str, Any]:
    """Flux' namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": FLUX}}


def source(url: str, environment: str) -> dict[str, Any]:
    """The GitRepository; only the environment's manifests become its artifact."""
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": SOURCE, "namespace": FLUX},
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
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": ROOT, "namespace": FLUX},
        "spec": {
            "interval": "10m",
            "path": f"./manifests/{environment}/{FLUX}",
            "prune": True,
            "retryInterval": "20s",
            "sourceRef": {"kind": "GitRepository", "name": SOURCE},
            "timeout": "2m",
        },
    }
