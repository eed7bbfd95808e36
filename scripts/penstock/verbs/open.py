"""inv open: print the addresses of the platform's pages, and the line of /etc/hosts that they need."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from penstock.cluster.session import Session
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.process import Command
from penstock.core.terminal import interactive
from penstock.kube.gateway import GatewaySpec, RouteSpec
from penstock.verbs.target import looking

HOSTS = Path("/etc/hosts")
_LOOPBACK = "127.0.0.1"


def open_pages(environment: str, write_hosts: bool, hosts: Path = HOSTS) -> None:
    """Print the addresses and the line for /etc/hosts, or add it; raises PenstockError without host names."""
    session = looking(environment)
    names = host_names(session)
    if not names:
        raise PenstockError(f"manifests/{session.environment} has no HTTPRoute with a host name", "components/gateway")
    for name in names:
        console.out(_url(session, name))
    if not session.provider.runs_pods:
        console.warn(f"nothing answers there: on {session.provider.name} no pod runs")
        return
    if not session.provider.makes:
        console.info("  names of this environment are for its DNS: kubectl -n gateway get gateway shows the address")
        return
    line = f"{_LOOPBACK} {' '.join(names)}"
    if _known(hosts, names):
        console.good(f"{hosts} has all of these names")
    elif write_hosts:
        _add(hosts, line)
    else:
        console.info(f"  in {hosts}, which `inv open --write-hosts` adds:")
        console.out(line)


def host_names(session: Session) -> list[str]:
    """Return the host names of all HTTPRoutes, sorted."""
    routes = [item for item in session.manifests.all_objects() if item.kind == "HTTPRoute"]
    return sorted({name for item in routes for name in item.spec_as(RouteSpec).hostnames})


def _url(session: Session, name: str) -> str:
    gateways = [item for item in session.manifests.all_objects() if item.kind == "Gateway"]
    listeners = {each.protocol: each.port for item in gateways for each in item.spec_as(GatewaySpec).listeners}
    scheme, usual = ("https", 443) if "HTTPS" in listeners else ("http", 80)
    inside = listeners.get(scheme.upper(), usual)
    port = session.provider.forwarded(session).get(inside, inside)
    return f"{scheme}://{name}" + (f":{port}" if port != usual else "")


def _known(hosts: Path, names: list[str]) -> bool:
    lines = [line.partition("#")[0].split() for line in hosts.read_text().splitlines()] if hosts.is_file() else []
    there = {name for words in lines if words and words[0] == _LOOPBACK for name in words[1:]}
    return set(names) <= there


def _add(hosts: Path, line: str) -> None:
    """Append a line to a file; if only root may, sudo asks for the password on the terminal."""
    script = f"printf '%s\\n' {shlex.quote(line)} >>{shlex.quote(str(hosts))}"
    as_root = [] if os.access(hosts, os.W_OK) else ["sudo"]
    if as_root and not shutil.which("sudo"):
        raise PenstockError(f"{hosts} can't be written, and sudo is not on PATH", f"as root: {script}")
    code = interactive(Command([*as_root, "sh", "-c", script]))
    if code:
        raise PenstockError(f"{hosts} was not changed (exit {code})", f"as root: {script}")
    console.good(f"added to {hosts}: {line}")
