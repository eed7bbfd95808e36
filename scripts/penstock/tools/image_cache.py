"""Adapter for distribution, the registry that caches the images of another one: as a container of the local Docker.

Configuration: https://distribution.github.io/distribution/about/configuration/, version 3.
"""

from __future__ import annotations

import re

from penstock.core.process import Command

# The digest that public repositories pin for this tag; no registry could be asked when it was written here.
_DIGEST = "sha256:6c5666b861f3505b116bb9aa9b25175e71210414bd010d92035ff64018f9457e"
IMAGE = f"docker.io/library/registry:3.0.0@{_DIGEST}"
LABEL = "penstock.image-cache"
"""The label of caches and of their volumes; its value is the registry."""
# Longer than an image stays unused on most machines, and short enough that old ones don't fill the disk.
_KEPT = "720h"
_FOLDER = "/var/lib/registry"
_PORT = 5000
# The image may have to be pulled first.
_PATIENCE_SECONDS = 300.0
_HUB = {"docker.io": "registry-1.docker.io"}


def name(registry: str) -> str:
    """Return the name of the cache of a registry: that of its container, of its volume, and in the nodes' network."""
    return f"penstock-cache-{re.sub(r'[^a-z0-9]', '-', registry.lower())}"


def source(registry: str) -> str:
    """Return the address of a registry's API."""
    return f"https://{_HUB.get(registry, registry)}"


def address(registry: str) -> str:
    """Return the address of the cache of a registry, for the nodes."""
    return f"http://{name(registry)}:{_PORT}"


def creation(registry: str) -> Command:
    """Return the command that starts the cache of a registry; Docker starts it again after a reboot."""
    settings = {
        "REGISTRY_PROXY_REMOTEURL": source(registry),
        "REGISTRY_PROXY_TTL": _KEPT,
        "OTEL_TRACES_EXPORTER": "none",
    }
    argv = ["docker", "run", "--detach", "--name", name(registry), "--restart", "unless-stopped"]
    volume = f"type=volume,source={name(registry)},target={_FOLDER},volume-label={LABEL}={registry}"
    argv += ["--label", f"{LABEL}={registry}", "--mount", volume]
    argv += [word for key, value in settings.items() for word in ("--env", f"{key}={value}")]
    return Command([*argv, IMAGE], timeout=_PATIENCE_SECONDS)


def hosts_toml(registry: str) -> str:
    """Return containerd's hosts.toml of a registry: the cache first, then the registry itself."""
    return f'server = "{source(registry)}"\n\n[host."{address(registry)}"]\n  capabilities = ["pull", "resolve"]\n'


def registries_yaml(registries: list[str]) -> dict[str, object]:
    """Return the contents of k3s's registries.yaml; k3s itself adds each registry after its cache."""
    return {"mirrors": {registry: {"endpoint": [address(registry)]} for registry in registries}}
