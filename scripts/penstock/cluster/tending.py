"""Help what stops by itself on a cluster that Penstock created: definitions that stay unestablished, used volumes."""

from __future__ import annotations

import time

from penstock.cluster import crds, volumes
from penstock.cluster.session import Session

_SECONDS = 5.0


class Tending:
    """Looks after a cluster while something waits for it, at most every five seconds."""

    def __init__(self, session: Session) -> None:
        self._session, self._looked = session, time.monotonic()
        self._established: set[str] = set()

    def tend(self) -> None:
        """Release stuck definitions, and volumes of deleted claims where no provisioner runs.

        Several definitions of a group that are created at once can stay with accepted names, but not established.
        """
        if not self._session.provider.makes or time.monotonic() - self._looked < _SECONDS:
            return
        kubectl = self._session.kubectl
        # All definitions of the platform are 3 MB, their names and times a few lines.
        if not (present := crds.created(kubectl)) <= self._established:
            served = crds.established(crds.release_stuck(kubectl))
            self._established = {line for line in present if line.split()[0] in served}
        if not self._session.provider.runs_pods:
            volumes.renew(kubectl)
        self._looked = time.monotonic()
