"""Adapter for docker: what the daemon is and has. What makes and deletes things there is k3d and kind."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from penstock.core.errors import PenstockError
from penstock.core.process import Command, CommandFailed, CommandTimedOut, run

# A daemon that needs longer for a word about itself is not going to run a cluster.
_PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Daemon:
    """A daemon that answers: its version, and the bytes of memory that its containers can have."""

    version: str
    memory: int


def daemon() -> Daemon:
    """The daemon; PenstockError when docker isn't there, or the daemon doesn't answer or makes no sense."""
    said = _docker("info", "--format", "{{json .}}")
    try:
        found = json.loads(said)
        # Without a daemon `docker info` may still end well, and names what is wrong.
        if found.get("ServerErrors"):
            raise PenstockError(f"Docker does not answer: {found['ServerErrors'][0]}", _START)
        return Daemon(str(found["ServerVersion"]), int(found["MemTotal"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PenstockError(f"Docker answers with something else than expected: {said[:80]!r}", _START) from None


def containers(label: str) -> list[str]:
    """The names of the containers with a label such as k3d.cluster=penstock, running or not."""
    return sorted(_docker("ps", "--all", "--filter", f"label={label}", "--format", "{{.Names}}").split())


def gateway(network: str) -> str | None:
    """The IPv4 address of this machine in a network; None when there is no such network."""
    if network not in _docker("network", "ls", "--format", "{{.Name}}").split():
        return None
    found: list[dict[str, Any]] = json.loads(_docker("network", "inspect", network))
    configs = found[0].get("IPAM", {}).get("Config") or []
    addresses = [config["Gateway"] for config in configs if config.get("Gateway")]
    return next((address for address in addresses if ip_address(address).version == 4), None)


def start(names: list[str]) -> None:
    """Start containers that were stopped."""
    _docker("start", *names)


_START = "start Docker, and see that `docker info` answers; or use --provider kwok, which needs none"


def _docker(*words: str) -> str:
    found = shutil.which("docker")
    if not found:
        raise PenstockError("docker is not on PATH", "install Docker; or use --provider kwok, which needs none")
    try:
        return run(Command([found, *words], timeout=_PATIENCE_SECONDS)).text
    except CommandTimedOut:
        raise PenstockError(f"Docker did not answer within {_PATIENCE_SECONDS:.0f} s", _START) from None
    except CommandFailed as failure:
        lines = failure.result.complaint.splitlines() or ["it said nothing"]
        raise PenstockError(f"Docker does not answer: {lines[-1]}", _START) from None
