"""Adapter for the flux program, which installs Flux from the embedded manifests of its own version."""

from __future__ import annotations

from pathlib import Path

from penstock.core.process import Command
from penstock.tools.on_path import FLUX


def installation(kubeconfig: Path, components: list[str], timeout: float) -> Command:
    """Return the command that installs these controllers and waits for them up to `timeout` seconds."""
    arguments = [
        "install",
        f"--kubeconfig={kubeconfig}",
        f"--version=v{FLUX.version}",
        f"--components={','.join(components)}",
        # Flux's policies allow all egress of the controllers, and ingress only from each other and from scrapers.
        "--network-policy=true",
        f"--timeout={timeout:.0f}s",
    ]
    return Command([FLUX.resolve(), *arguments], timeout=timeout + 30)
