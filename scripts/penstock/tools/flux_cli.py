"""Adapter for the flux program, which contains the manifests of its own version of Flux."""

from __future__ import annotations

from penstock.core.process import Command
from penstock.tools.on_path import FLUX


def export(components: list[str]) -> Command:
    """Return the command that prints the objects of these controllers, as YAML; it contacts no cluster."""
    # Flux's policies allow all egress of the controllers, and ingress only from each other and from scrapers.
    own = [f"--version=v{FLUX.version}", f"--components={','.join(components)}", "--network-policy=true"]
    return Command([FLUX.resolve(), "install", "--export", *own], timeout=60)
