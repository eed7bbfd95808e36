"""The Git source of Flux: the working tree, served by a local process, or the repository's remote."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache, partial

from penstock.cluster import processes
from penstock.cluster.actions import Action, Plan, Work, always, applying
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
from penstock.tools.kubectl import PENSTOCK

PROCESS = "git-source"
# Seconds for which fetches may fail: a network or DNS that has just started recovers, wrong credentials don't.
_PATIENCE = 60.0
_TOKEN_FILE = "git-token"  # noqa: S105, the name of a file


def setup(session: Session, step: Step) -> Plan:
    """Configure Flux's source, and wait until Flux has fetched the commit."""
    if session.recorded.source == "remote":
        keys: list[str] = []
        yield Work("", lambda: keys.extend(_keys(session)))
        upstream = remote.of(session.layout, session.environment)
        url = upstream.ssh if "identity" in keys else upstream.url
        secret = objects.CREDENTIALS if keys else ""
        yield Work("", lambda: _revision(session, upstream.commit, f" of {upstream.url}"))
        source = [objects.source(url, session.place, secret, upstream.branch)]
    else:
        yield Work(f"commit the working tree to {session.state.git / server.NAME}", lambda: _snapshot(session))
        yield _server(session)
        url = _url(session, server.NAME)
        source = [
            objects.credentials(server.USER, _token(session)),
            objects.source(url, session.place, objects.LOCAL_CREDENTIALS),
        ]
    yield applying(session, source, PENSTOCK)
    yield from _fetch(session, step)


def follow(session: Session, step: Step) -> Plan:
    """Have a running cluster's source serve the session's files, and wait until Flux has fetched them.

    Unlike `setup` it never repairs Flux's own source.
    """
    yield Work(f"commit the working tree to {session.state.git / server.NAME}", lambda: _snapshot(session))
    yield from _fetch(session, step)


def mirrored(session: Session) -> list[Content]:
    """Return the patches that redirect external sources to their copies on the local server.

    With the remote as source, Flux fetches them from their real addresses, as everything else.
    """
    if session.recorded.source == "remote":
        return []
    return [
        mirror.patch(item, _url(session, item.repository), mirror.make(item, session.state.git))
        for item in mirror.mirrors(session.manifests)
    ]


def reconciling(
    session: Session, kind: str, names: Iterable[str], token: str, needed: Callable[[], bool] = always
) -> Action:
    """Return the action that requests a reconciliation; Flux then writes the token to status.lastHandledReconcileAt.

    The annotation is part of Flux's API (reconcile.fluxcd.io).
    """
    # With kubectl's default field manager, kustomize-controller would revert it as a manual change.
    argv = ["annotate", "--overwrite", f"--field-manager={PENSTOCK}", kind, *names, "-n", NAMESPACE]
    argv.append(f"reconcile.fluxcd.io/requestedAt={token}")
    return Action(lambda: session.kubectl.command(*argv), "a reconciliation at once", needed)


def now() -> str:
    """Return a token that no earlier request used."""
    return str(time.time_ns())


def _snapshot(session: Session) -> str:
    """Create what the server needs: the repositories, the token, and a free port."""
    taken = snapshot.of(session.layout, session.environment, session.state.git / server.NAME)
    mirrored(session)
    _make_token(session)
    address, recorded = _address(session), session.recorded
    if address is None:
        raise PenstockError("there is no cluster yet to serve", "run inv cluster-create")
    recorded.source_port = recorded.source_port or processes.free_port(address.bind)
    return _revision(session, taken.commit, " (with uncommitted changes)" if taken.is_dirty else "")


def _revision(session: Session, commit: str, origin: str) -> str:
    session.recorded.revision = commit
    session.note()
    return f"{commit[:12]}{origin}"


def _server(session: Session) -> Action:
    address, recorded = _address(session), session.recorded
    bind, port = address.bind if address else "ADDRESS", recorded.source_port
    argv = [sys.executable, "-m", "penstock.gitops.server", str(session.state.git), bind, str(port)]
    env = {"PATH": os.environ.get("PATH", os.defpath), server.TOKEN: _token(session)}

    def start(command: Command) -> None:
        processes.refuse_taken(port, PROCESS, bind)
        processes.start(session.state, recorded, PROCESS, command)

    return Action(lambda: Command(argv, env=env), PROCESS, partial(processes.is_dead, recorded, PROCESS), start)


def _make_token(session: Session) -> None:
    """Create the server's token once per cluster, readable only by its owner."""
    file = session.state.folder / _TOKEN_FILE
    if not file.is_file():
        write_atomically(file, secrets.token_urlsafe(32).encode(), 0o600)


def _token(session: Session) -> str:
    file = session.state.folder / _TOKEN_FILE
    return file.read_text() if file.is_file() else ""


def _keys(session: Session) -> list[str]:
    """Return the keys of the Secret for a private remote, which the user creates; empty without that Secret."""
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


def _fetch(session: Session, step: Step) -> Plan:
    """Have Flux fetch the recorded revision unless it has, and wait for it; persistent failures end the wait."""
    commit, failing_since = session.recorded.revision, list[float]()

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

    def wait() -> None:
        until(fetched, session.timeout, step, f"Flux to fetch {commit[:12]}", expired)

    late = cache(lambda: not fetched())
    yield reconciling(session, status.SOURCES, [objects.SOURCE], now(), late)
    yield Work("wait until Flux has fetched the commit", wait, late)
