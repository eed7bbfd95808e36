"""inv sync: what the working tree holds now goes to the running cluster."""

from __future__ import annotations

from penstock.cluster import phases
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.verbs.status import show
from penstock.verbs.up import begin


def sync(environment: str, timeout: float) -> None:
    """Snapshot the working tree, have Flux apply it, and wait until all of it is Ready."""
    session = begin(environment, "", timeout)
    if not session.state.exists:
        raise PenstockError("there is no cluster here", "run `inv up`")
    with session.state.exclusive():
        phases.run(session, phases.PHASES)
    show(session)
    console.good(f"{session.environment}: {session.noted.revision[:12]} is applied")
