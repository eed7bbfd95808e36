"""Adapter for the flux program, which installs Flux from the embedded manifests of its own version."""

from __future__ import annotations

from pathlib import Path

from penstock.core.process import Command
from penstock.tools.on_path import FLUX


def installation(kubeconfig: Path, components: list[str], timeout: float) -> Command:
    """Return the command that installs these controllers and waits for them up to `timeout` seconds."""
    # Flux's policies allow all egress of the controllers, and ingress only from each other and from scrapers.
    own = ["--network-policy=true", f"--timeout={timeout:.0f}s"]
    argv: list[str | Path] = [FLUX.resolve(), "install", f"--kubeconfig={kubeconfig}", *_pinned(components), *own]
    return Command(argv, timeout=timeout + 30)


def export(components: list[str]) -> Command:
    """Return the command that prints the objects that `installation` applies, as YAML."""
    return Command([FLUX.resolve(), "install", *_pinned(components), "--export"], timeout=60)


def _pinned(components: list[str]) -> list[str]:
    return [f"--version=v{FLUX.version}", f"--components={','.join(components)}"]
