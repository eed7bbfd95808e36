"""The Git source of Flux: the working tree, served by a local process, or the repository's remote."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Iterable

from penstock.cluster import processes
from penstock.cluster.providers.provider import Address
from penstock.cluster.session import Session
from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically
from penstock.core.process import Command
from penstock.gitops import mirror, objects, remote, server, snapshot, status
from penstock.kube.flux import NAMESPACE
from penstock.kube.ref import Content
from penstock.tools.git import head
from penstock.tools.kubectl import PENSTOCK
from penstock.tools.resolver import is_by_name

PROCESS = "git-source"
# Seconds of failed fetches: a network or DNS that has just started recovers, wrong credentials don't.
_PATIENCE = 60.0
_TOKEN_FILE = "git-token"  # noqa: S105, the name of a file


def setup(session: Session, step: Step) -> str:
    """Give Flux the source, and wait until it has fetched the commit; returns a message with the commit."""
    head(session.layout.root)  # fails early without a commit
    if session.recorded.source == "remote":
        upstream = remote.read(session.layout)
        commit, origin = upstream.commit, f" of {upstream.url}"
    else:
        taken = snapshot.take(session.layout, session.state.git / server.NAME)
        commit, origin = taken.commit, " (with uncommitted changes)" if taken.is_dirty else ""
        _make_token(session)
        _serve(session)
    session.recorded.revision = commit
    session.note()
    for command in _applied(session):
        session.kubectl.carry_out(command)
    _await_fetch(session, step, commit)
    return f"{commit[:12]}{origin}"


def commands(session: Session) -> list[Command]:
    """The commands that `setup` runs for a new cluster."""
    address = _address(session)
    served = [] if session.recorded.source == "remote" else [_server(session, address.bind if address else "ADDRESS")]
    return [*served, *_applied(session), _reconciling(session, status.SOURCES, [objects.SOURCE], _now())]


def mirrored(session: Session) -> list[Content]:
    """The patches that make Flux fetch external sources from the local server, which has copies of them.

    There are none where pods run: such a cluster can reach those sources itself.
    """
    if session.provider.runs_pods:
        return []
    return [
        mirror.patch(item, _url(session, item.repository), mirror.make(item, session.state.git))
        for item in mirror.mirrors(session.manifests)
    ]


def reconcile(session: Session, kind: str, *names: str) -> str:
    """Request a reconciliation; returns the token that Flux writes to status.lastHandledReconcileAt afterwards.

    The annotation is part of Flux's API (reconcile.fluxcd.io).
    """
    token = _now()
    session.kubectl.carry_out(_reconciling(session, kind, names, token))
    return token


def _reconciling(session: Session, kind: str, names: Iterable[str], token: str) -> Command:
    # With kubectl's default field manager, kustomize-controller would revert it as a manual change.
    argv = ["annotate", "--overwrite", f"--field-manager={PENSTOCK}", kind, *names, "-n", NAMESPACE]
    return session.kubectl.command(*argv, f"reconcile.fluxcd.io/requestedAt={token}")


def _now() -> str:
    return str(time.time_ns())


def _serve(session: Session) -> None:
    mirrored(session)  # creates the copies
    address, recorded = session.provider.address(session), session.recorded
    if address is None:
        raise PenstockError("there is no cluster yet to serve", "run inv cluster-create")
    if processes.is_alive(recorded, PROCESS):
        return
    recorded.source_port = recorded.source_port or processes.free_port(address.bind)
    processes.refuse_taken(recorded.source_port, PROCESS, address.bind)
    processes.start(session.state, recorded, PROCESS, _server(session, address.bind))


def _server(session: Session, bind: str) -> Command:
    port = str(session.recorded.source_port)
    argv = [sys.executable, "-m", "penstock.gitops.server", str(session.state.git), bind, port]
    return Command(argv, env={"PATH": os.environ.get("PATH", os.defpath), server.TOKEN: _token(session)})


def _make_token(session: Session) -> None:
    """Create the token that the server requires, once per cluster, readable by its owner alone."""
    file = session.state.folder / _TOKEN_FILE
    if not file.is_file():
        write_atomically(file, secrets.token_urlsafe(32).encode(), 0o600)


def _token(session: Session) -> str:
    file = session.state.folder / _TOKEN_FILE
    return file.read_text() if file.is_file() else ""


def _applied(session: Session) -> list[Command]:
    """The commands that apply the objects of Flux's source."""
    kubectl = session.kubectl
    if session.recorded.source == "remote":
        upstream = remote.read(session.layout)
        keys = _keys(session)
        url = upstream.ssh if "identity" in keys else upstream.url
        secret = objects.CREDENTIALS if keys else ""
        return [kubectl.applying([objects.source(url, session.environment, secret, upstream.branch)], PENSTOCK)]
    source = objects.source(_url(session, server.NAME), session.environment, objects.LOCAL_CREDENTIALS)
    return [kubectl.applying([objects.credentials(server.USER, _token(session)), source], PENSTOCK)]


def _keys(session: Session) -> list[str]:
    """The keys of the Secret for a private remote, which the user creates; none without that Secret."""
    if not session.recorded.phase or is_by_name():
        return []  # there may be no cluster yet, or this is a dry run
    return list((session.kubectl.get_one("secret", objects.CREDENTIALS, NAMESPACE) or {}).get("data", {}))


def _url(session: Session, repository: str) -> str:
    address = _address(session)
    return f"http://{address.host if address else 'ADDRESS'}:{session.recorded.source_port}/{repository}"


def _address(session: Session) -> Address | None:
    return session.provider.address(session) if session.recorded.phase else None


def _hint(session: Session) -> str:
    if session.recorded.source == "remote":
        return f"inv flux-status; a private remote needs the Secret {NAMESPACE}/{objects.CREDENTIALS}"
    return f"inv logs source-controller; inv logs {PROCESS}"


def _await_fetch(session: Session, step: Step, commit: str) -> None:
    failing_since: list[float] = []

    def fetched() -> bool | None:
        processes.refuse_dead(session.recorded, [PROCESS, "source-controller"])
        source = status.source(session.kubectl)
        if source.revision == commit:
            return True
        if not source.failed:
            failing_since.clear()
            return None
        step.note(f"Flux to fetch {commit[:12]}: {source.message}")
        failing_since.append(time.monotonic())
        if failing_since[-1] - failing_since[0] > _PATIENCE:
            raise expired()
        return None

    def expired() -> PenstockError:
        message = status.source(session.kubectl).message
        return PenstockError(f"Flux did not fetch {commit[:12]}: {message}", _hint(session))

    if fetched():
        return
    reconcile(session, status.SOURCES, objects.SOURCE)
    until(fetched, session.timeout, step, f"Flux to fetch {commit[:12]}", expired)
