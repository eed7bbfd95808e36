"""A temporary cluster on kwok for a rehearsal: its state is in a temporary folder and goes with the cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from penstock.cluster.actions import execute
from penstock.cluster.providers.kwok import Kwok
from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState, State
from penstock.core.files import plain_folder
from penstock.platform.cluster import Cluster
from penstock.platform.layout import Layout

KWOK = Kwok()
# The processes of a cluster with the shipped platform need 1.1 GB.
_MEMORY = 1_500_000_000


def at_a_time() -> int:
    """Return how many clusters may run side by side: one for each core, if there is memory for them."""
    return max(1, min(os.cpu_count() or 1, psutil.virtual_memory().available // _MEMORY))


@contextmanager
def cluster(layout: Layout, environment: str, settings: Cluster) -> Iterator[Session]:
    """Yield a session with a temporary state; the cluster that it brings up is deleted at the end.

    The state is in memory if there is room: etcd syncs each write, and kustomize-controller unpacks the archive of the
    source for each Kustomization, which takes a quarter of the time there.
    """
    with plain_folder("penstock-rehearsal-") as folder:
        state = State(folder / environment)
        state.prepare()
        recorded = ClusterState(provider=KWOK.name, environment=environment)
        session = Session(layout, environment, state, recorded, KWOK.timeout, KWOK, settings)
        try:
            yield session
        finally:
            execute(session, KWOK.delete(session))
