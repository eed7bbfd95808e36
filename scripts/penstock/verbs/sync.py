"""inv sync: apply the manifests of the working tree to the running cluster."""

from __future__ import annotations

from penstock.cluster import git_source, phases
from penstock.cluster.actions import show
from penstock.cluster.ownership import Drifted
from penstock.cluster.sync import enable
from penstock.core import console
from penstock.verbs import status
from penstock.verbs.options import Target
from penstock.verbs.target import confirm, refuse_unpushed, running


def sync(target: Target) -> None:
    """Snapshot the working tree, have Flux apply it, and wait until everything is Ready."""
    session = running(target)
    if target.dry_run:
        show(session, [("", git_source.setup), ("", enable)])
        return
    refuse_unpushed(session)
    with session.state.exclusive():
        confirm(session, target, f"`inv sync` of {session.environment}")
        try:
            phases.run(session, phases.PHASES)
        except Drifted as drift:
            # Objects were changed by hand, perhaps while Flux has no new commit to apply.
            console.warn(f"{drift.message}; having Flux apply everything again")
            session.recorded.restarted = True
            phases.run(session, phases.PHASES[2:])
    status.show(session)
    console.good(f"{session.environment}: {session.recorded.revision[:12]} is applied")
