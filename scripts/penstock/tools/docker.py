"""Adapter for docker, which inspects the daemon. k3d and kind create and delete clusters."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from penstock.core.errors import PenstockError
from penstock.core.model import Json
from penstock.core.process import Command, CommandFailed, CommandTimedOut, run

# A slower daemon wouldn't be able to run a cluster.
_PATIENCE_SECONDS = 15.0
_START = "start Docker, and see that `docker info` answers; or use --provider kwok, which needs none"
# What Docker, or a registry that it asks, answers -> what to do about it.
_ADVICE = {
    r"no space left": "the disk of Docker is full: inv images-prune, docker system prune, or a larger disk",
    r"toomanyrequests|rate limit|\b429\b": "the registry limits pulls: log in (docker login), or retry later",
    r"unauthorized|access denied|\b401\b": "see that the image exists, and log in (docker login)",
    r"operation not permitted|privileged": "nodes are privileged containers, which this Docker refuses: "
    "use one that allows them, or --provider kwok, which needs none",
}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Daemon:
    """A reachable daemon: version, bytes of memory and cores for containers, whether it is rootless, cgroup version.

    `root` is the folder with its images, on the daemon's machine; empty if it doesn't say.
    """

    version: str
    memory: int
    cores: int
    rootless: bool = False
    cgroups: str = "2"
    root: str = ""


def daemon() -> Daemon:
    """Return the daemon; raises PenstockError if it is missing, remote, unresponsive or unusable."""
    _refuse_remote(_docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").strip())
    output = _docker("info", "--format", "{{json .}}")
    try:
        found = json.loads(output)
        # Without a daemon, docker 20 exits with 0 and reports the error here.
        if found.get("ServerErrors"):
            raise PenstockError(f"Docker does not answer: {found['ServerErrors'][0]}", _START)
        rootless = any("name=rootless" in option.split(",") for option in found.get("SecurityOptions") or [])
        cgroups = str(found.get("CgroupVersion") or "2")
        root = str(found.get("DockerRootDir") or "")
        return Daemon(str(found["ServerVersion"]), int(found["MemTotal"]), int(found["NCPU"]), rootless, cgroups, root)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _unexpected(output) from None


def containers(label: str) -> list[str]:
    """Return the names of all containers with a label such as k3d.cluster=penstock, including stopped ones."""
    return sorted(_docker("ps", "--all", "--filter", f"label={label}", "--format", "{{.Names}}").split())


def stopped(label: str) -> list[str]:
    """Return the names of the containers with a label that have ended."""
    filters = ["--filter", f"label={label}", "--filter", "status=exited"]
    return sorted(_docker("ps", "--all", *filters, "--format", "{{.Names}}").split())


def attached(network: str) -> list[str]:
    """Return the names of all containers in a network, including stopped ones."""
    return sorted(_docker("ps", "--all", "--filter", f"network={network}", "--format", "{{.Names}}").split())


def networks() -> list[str]:
    """Return the names of all networks."""
    return _docker("network", "ls", "--format", "{{.Name}}").split()


def volumes(label: str) -> list[str]:
    """Return the names of the volumes with a label."""
    return sorted(_docker("volume", "ls", "--quiet", "--filter", f"label={label}").split())


def gateway(network: str) -> str | None:
    """Return this machine's IPv4 address in a network; None if there is no such network."""
    if network not in networks():
        return None
    output = _docker("network", "inspect", network)
    try:
        found: list[Json] = json.loads(output)
        configs = found[0]["IPAM"]["Config"] or []
        addresses = [config["Gateway"].partition("/")[0] for config in configs if config.get("Gateway")]
        return next((address for address in addresses if ip_address(address).version == 4), None)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise _unexpected(output) from None


def start(names: list[str]) -> None:
    """Start stopped containers."""
    _docker("start", *names)


def importing(node: str, archive: Path, timeout: float) -> Command:
    """Return the command that imports an archive of images into a node's container runtime.

    `kind load` also names each image by its digest, which makes containerd lose images that are used by digest:
    https://github.com/kubernetes-sigs/kind/issues/4028.
    """
    argv = ["exec", "-i", node, "ctr", "--namespace=k8s.io", "images", "import", "-"]
    return Command(["docker", *argv], stdin_file=archive, timeout=timeout)


def runtime_images(node: str) -> dict[str, str]:
    """Return the images of a node's container runtime: name -> ID, the digest of the image's config."""
    output = _docker("exec", node, "crictl", "images", "--output", "json")
    try:
        found: list[Json] = json.loads(output)["images"]
        return {
            name: item["id"] for item in found for key in ("repoTags", "repoDigests") for name in item.get(key) or []
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _unexpected(output) from None


def copying(folder: Path, container: str, into: str) -> Command:
    """Return the command that copies a folder into a folder of a container; it replaces files of the same names."""
    return Command(["docker", "cp", folder, f"{container}:{into}"], timeout=_PATIENCE_SECONDS)


def files(container: str, paths: list[str]) -> str | None:
    """Return the contents of files in a container, one after the other; None if one is missing."""
    found = run(Command(["docker", "exec", container, "cat", *paths], timeout=_PATIENCE_SECONDS, ok=(0, 1)))
    return None if found.code else found.text


def connection(network: str, container: str) -> Command:
    """Return the command that connects a container to a network, where its name resolves to its address."""
    return Command(["docker", "network", "connect", network, container], timeout=_PATIENCE_SECONDS)


def disconnect(network: str, container: str) -> None:
    """Disconnect a container from a network."""
    _docker("network", "disconnect", network, container)


def remove_containers(names: list[str]) -> None:
    """End and remove containers, with their anonymous volumes."""
    _docker("rm", "--force", "--volumes", *names)


def remove_network(name: str) -> None:
    """Remove a network without containers."""
    _docker("network", "rm", name)


def remove_volumes(names: list[str]) -> None:
    """Remove unused volumes."""
    _docker("volume", "rm", *names)


def advice(complaint: str) -> str:
    """Return what to do about an error of Docker, or of a registry that it asked; empty if that isn't known."""
    return next((fix for pattern, fix in _ADVICE.items() if re.search(pattern, complaint, re.IGNORECASE)), "")


def _refuse_remote(endpoint: str) -> None:
    """Raise PenstockError if the daemon is on another machine, which has other ports and networks."""
    address = urlsplit(endpoint)
    if address.scheme == "ssh" or (address.scheme in ("tcp", "http", "https") and address.hostname not in _LOOPBACK):
        raise PenstockError(
            f"Docker is on another machine ({endpoint}): a cluster there has none of this machine's ports, "
            "and Flux in it can't fetch from here",
            "unset DOCKER_HOST, or docker context use default; or use --provider kwok, which needs no Docker",
        )


def _unexpected(output: str) -> PenstockError:
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
    # Without a daemon, docker 28 prints zeros and reports the error elsewhere.
    lines = failure.result.complaint.splitlines() or ["it printed nothing"]
    output = lines[-1]
    if "permission denied" in output:
        hint = "sudo usermod -aG docker $USER, then log in again"
        return PenstockError(f"Docker does not let you in: {output}", hint)
    if arguments[0] == "info" or "daemon running?" in output:
        return PenstockError(f"Docker does not answer: {output}", _START)
    return PenstockError(f"docker {' '.join(arguments[:2])} failed: {output}", failure.hint)
