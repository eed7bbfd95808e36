"""Adapter for docker: what the daemon is and has. What makes and deletes clusters there is k3d and kind."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from penstock.core.errors import PenstockError
from penstock.core.model import Json
from penstock.core.process import Command, CommandFailed, CommandTimedOut, run

# A daemon that needs longer for a word about itself is not going to run a cluster.
_PATIENCE_SECONDS = 15.0
_START = "start Docker, and see that `docker info` answers; or use --provider kwok, which needs none"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Daemon:
    """A daemon that answers: its version, the bytes of memory that its containers can have, whether it runs without
    root's rights, and the version of its machine's control groups."""

    version: str
    memory: int
    rootless: bool = False
    cgroups: str = "2"


def daemon() -> Daemon:
    """The daemon; PenstockError when there is none, or it is elsewhere, doesn't answer or makes no sense."""
    _refuse_elsewhere(_docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").strip())
    output = _docker("info", "--format", "{{json .}}")
    try:
        found = json.loads(output)
        # Without a daemon docker 20 ends well all the same, and names what is wrong here.
        if found.get("ServerErrors"):
            raise PenstockError(f"Docker does not answer: {found['ServerErrors'][0]}", _START)
        rootless = any("name=rootless" in option.split(",") for option in found.get("SecurityOptions") or [])
        cgroups = str(found.get("CgroupVersion") or "2")
        return Daemon(str(found["ServerVersion"]), int(found["MemTotal"]), rootless, cgroups)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _senseless(output) from None


def containers(label: str) -> list[str]:
    """The names of the containers with a label such as k3d.cluster=penstock, running or not."""
    return sorted(_docker("ps", "--all", "--filter", f"label={label}", "--format", "{{.Names}}").split())


def attached(network: str) -> list[str]:
    """The names of the containers in a network, running or not."""
    return sorted(_docker("ps", "--all", "--filter", f"network={network}", "--format", "{{.Names}}").split())


def networks() -> list[str]:
    """The names of all networks."""
    return _docker("network", "ls", "--format", "{{.Name}}").split()


def volumes(label: str) -> list[str]:
    """The names of the volumes with a label."""
    return sorted(_docker("volume", "ls", "--quiet", "--filter", f"label={label}").split())


def gateway(network: str) -> str | None:
    """The IPv4 address of this machine in a network; None when there is no such network."""
    if network not in networks():
        return None
    output = _docker("network", "inspect", network)
    try:
        found: list[Json] = json.loads(output)
        configs = found[0]["IPAM"]["Config"] or []
        addresses = [config["Gateway"].partition("/")[0] for config in configs if config.get("Gateway")]
        return next((address for address in addresses if ip_address(address).version == 4), None)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise _senseless(output) from None


def start(names: list[str]) -> None:
    """Start containers that were stopped."""
    _docker("start", *names)


def remove_network(name: str) -> None:
    """Remove a network that no container is in."""
    _docker("network", "rm", name)


def remove_volumes(names: list[str]) -> None:
    """Remove volumes that no container has."""
    _docker("volume", "rm", *names)


def _refuse_elsewhere(endpoint: str) -> None:
    """PenstockError when the daemon is on another machine: its ports and its networks are not of this one."""
    address = urlsplit(endpoint)
    if address.scheme == "ssh" or (address.scheme in ("tcp", "http", "https") and address.hostname not in _LOOPBACK):
        raise PenstockError(
            f"Docker is on another machine ({endpoint}): a cluster there has none of this machine's ports, "
            "and Flux in it can't fetch from here",
            "unset DOCKER_HOST, or docker context use default; or use --provider kwok, which needs no Docker",
        )


def _senseless(output: str) -> PenstockError:
    return PenstockError(f"Docker answers with something else than expected: {output.strip()[:80]!r}", _START)


def _docker(*arguments: str) -> str:
    found = shutil.which("docker")
    if not found:
        raise PenstockError("docker is not on PATH", "install Docker; or use --provider kwok, which needs none")
    try:
        return run(Command([found, *arguments], timeout=_PATIENCE_SECONDS)).text
    except CommandTimedOut:
        raise PenstockError(f"Docker did not answer within {_PATIENCE_SECONDS:.0f} s", _START) from None
    except CommandFailed as failure:
        raise _refused(arguments, failure) from None


def _refused(arguments: tuple[str, ...], failure: CommandFailed) -> PenstockError:
    # docker 28 without a daemon prints zeros for all that it asks, and its complaint elsewhere.
    lines = failure.result.complaint.splitlines() or ["it printed nothing"]
    output = lines[-1]
    if "permission denied" in output:
        hint = "sudo usermod -aG docker $USER, then log in again"
        return PenstockError(f"Docker does not let you in: {output}", hint)
    if arguments[0] == "info" or "daemon running?" in output:
        return PenstockError(f"Docker does not answer: {output}", _START)
    return PenstockError(f"docker {' '.join(arguments[:2])} failed: {output}", failure.hint)
