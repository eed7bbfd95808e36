"""The Flux Kustomizations of an environment: one for each component, with what it depends on."""

from __future__ import annotations

from typing import Any

import yaml

FLUX = "flux-system"
SOURCE = "platform"


def kustomizations(environment: str, edges: dict[str, list[str]]) -> dict[str, bytes]:
    """The bytes of the files in flux-system/, by name."""
    return {
        f"kustomization-{name}.yaml": dump(_kustomization(environment, name, needed)) for name, needed in edges.items()
    }


def index(files: list[str]) -> bytes:
    """A kustomization.yaml that lists files."""
    return dump({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": sorted(files)})


def dump(value: Any) -> bytes:
    """Canonical YAML: keys sorted, no line folded."""
    text: str = yaml.dump(value, Dumper=yaml.SafeDumper, sort_keys=True, default_flow_style=False, width=10**6)
    return text.encode()


def _kustomization(environment: str, name: str, needed: list[str]) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "interval": "10m",
        "path": f"./manifests/{environment}/{name}",
        "prune": True,
        "retryInterval": "20s",
        "sourceRef": {"kind": "GitRepository", "name": SOURCE},
        "timeout": "5m",
        "wait": True,
    }
    if needed:
        spec["dependsOn"] = [{"name": before} for before in needed]
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": FLUX},
        "spec": spec,
    }
