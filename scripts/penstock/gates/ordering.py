"""Whether the order of the components is needed, and enough: read from what kustomize-controller complains of."""

from __future__ import annotations

import json
import re
from pathlib import Path

from penstock.cluster import git_source, phases, sync
from penstock.cluster.session import Session
from penstock.cluster.waiting import until
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.gitops import objects
from penstock.tools.kubectl import PENSTOCK

# What the API server answers to an object that came before its kind or its namespace.
_DISORDER = re.compile(r'no matches for kind \\?"\w+\\?"|namespaces \\?"[\w-]+\\?" not found')
# A merge patch, which deletes the key.
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
    """Each way in which Flux found a kind or a namespace missing, once."""
    log = Path(session.recorded.processes["kustomize-controller"].log).read_text(errors="replace")
    return [
        f"Flux applied too early: {said}"
        for said in sorted({found.replace("\\", "") for found in _DISORDER.findall(log)})
    ]


def without_edges(session: Session) -> str:
    """Have Flux apply everything at once, and give its first complaint; PenstockError when it has none.

    Then the edges would be of no use, or this proof would no longer see what they are for.
    """
    phases.run(session, phases.PHASES[:2])
    with console.step("without dependsOn") as step:
        sync.make_secrets(session, step)
        patches = [*git_source.mirrored(session), _UNORDERED]
        session.kubectl.apply([objects.root(session.environment, patches)], PENSTOCK)
        return until(
            lambda: next(iter(disorders(session)), None),
            session.timeout,
            step,
            "Flux to complain",
            lambda: PenstockError(
                "Flux applied everything at once and lacked neither a kind nor a namespace",
                "the edges of hydrate/order.py may have become useless: look at inv logs kustomize-controller",
            ),
        )
