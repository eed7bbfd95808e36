"""Adapter for the flux program, which brings Flux into a cluster: it holds the manifests of its own version."""

from __future__ import annotations

from pathlib import Path

from penstock.core.process import Command
from penstock.tools.on_path import FLUX


def installation(kubeconfig: Path, components: list[str], timeout: float) -> Command:
    """The command that installs these controllers and waits for them, at most so many seconds."""
    arguments = [
        "install",
        f"--kubeconfig={kubeconfig}",
        f"--version=v{FLUX.version}",
        f"--components={','.join(components)}",
        # Its policies allow all egress of the controllers, and ingress from each other and from scrapers alone.
        "--network-policy=true",
        f"--timeout={timeout:.0f}s",
    ]
    return Command([FLUX.resolve(), *arguments], timeout=timeout + 30)
