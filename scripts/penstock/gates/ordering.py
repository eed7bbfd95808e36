"""Proof from kustomize-controller's log that the order of the components is necessary and sufficient."""

from __future__ import annotations

import json
import re
from pathlib import Path

from penstock.cluster import git_source, phases, sync
from penstock.cluster.actions import execute
from penstock.cluster.session import Session
from penstock.cluster.waiting import until
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.gitops import objects
from penstock.tools.kubectl import PENSTOCK

# The API server's answers to an object that is applied before its kind or its namespace.
_DISORDER = re.compile(r'no matches for kind \\?"\w+\\?"|namespaces \\?"[\w-]+\\?" not found')
# A merge patch; null deletes the key.
_UNORDERED = {
    "target": {"kind": "Kustomization"},
    "patch": json.dumps(
        {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": "any"},
            "spec": {"dependsOn": None},
        }
    ),
}


def disorders(session: Session) -> list[str]:
    """The distinct errors about a missing kind or namespace in kustomize-controller's log, sorted."""
    log = Path(session.recorded.processes["kustomize-controller"].log).read_text(errors="replace")
    return [
        f"Flux applied too early: {error}"
        for error in sorted({match.replace("\\", "") for match in _DISORDER.findall(log)})
    ]


def without_edges(session: Session) -> str:
    """Flux's first error when it applies everything at once; raises PenstockError if there is none.

    In that case the edges are unnecessary, or this check no longer detects what they prevent.
    """
    phases.run(session, phases.PHASES[:2])
    with console.step("without dependsOn") as step:
        execute(session, sync.create_secrets(session, []), step)
        patches = [*git_source.mirrored(session), _UNORDERED]
        session.kubectl.apply([objects.root(session.place, patches)], PENSTOCK)
        return until(
            lambda: next(iter(disorders(session)), None),
            session.timeout,
            step,
            "an error of Flux",
            lambda: PenstockError(
                "Flux applied everything at once, and no kind or namespace was missing",
                "the edges of hydrate/order.py may have become useless: read inv logs kustomize-controller",
            ),
        )
