"""A temporary cluster on kwok for a rehearsal: its state is in a temporary folder and goes with the cluster."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.cluster.actions import execute
from penstock.cluster.providers.kwok import Kwok
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState, State
from penstock.platform.cluster import Cluster
from penstock.platform.layout import Layout

KWOK = Kwok()


@contextmanager
def cluster(layout: Layout, environment: str, settings: Cluster) -> Iterator[Session]:
    """Yield a session with a temporary state; the cluster that it brings up is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="penstock-rehearsal-") as folder:
        state = State(Path(folder) / environment)
        state.prepare()
        recorded = ClusterState(provider=KWOK.name, environment=environment)
        session = Session(layout, environment, state, recorded, KWOK.timeout, KWOK, settings)
        try:
            yield session
        finally:
            execute(session, KWOK.delete(session))
