"""What phase 1 applies by hand, since no pod of Flux could run before it: definitions, the network, the cluster's DNS.

They are components like all others. What is applied here are the very files that Flux applies later, under Flux' own
field manager, so Flux adopts them without a change.
"""

from __future__ import annotations

from typing import Any

from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.gitops import mirror, status
from penstock.tools.flux import NAMESPACE

_FIRST = ("Namespace", "CustomResourceDefinition")


def bootstrap(session: Session, step: Step) -> list[str]:
    """Apply those bootstrap components that Flux has not applied yet; gives their names."""
    applied = []
    for component in present(session):
        if not _is_fluxs(session, component):
            step.note(f"applying {component}")
            _apply(session, component)
            applied.append(component)
    return applied


def present(session: Session) -> list[str]:
    """The bootstrap components that this environment has, in order."""
    return [component for component in session.bootstrap if component in session.manifests.components]


def _is_fluxs(session: Session, component: str) -> bool:
    if session.noted.phase < 2:
        return False  # there is no Flux yet, nor its kinds
    found = session.kubectl.get_one(status.KUSTOMIZATIONS, component, NAMESPACE)
    return bool(found and found.get("status", {}).get("lastAppliedRevision"))


def by_hand(session: Session, component: str) -> list[dict[str, Any]]:
    """The objects of a component that phase 1 applies, in order.

    Flux' own kinds are not there before phase 2, and only Flux has a use for them.
    """
    objects = session.manifests.objects(component)
    own = [item for item in objects if not item["apiVersion"].split("/")[0].endswith(".toolkit.fluxcd.io")]
    return sorted(own, key=lambda item: item["kind"] not in _FIRST)


def _apply(session: Session, component: str) -> None:
    kubectl, manifests = session.kubectl, session.manifests
    nested = [item for item in manifests.objects(component) if item["kind"] == "Kustomization"]
    files = [path for item in nested for path in mirror.applied(manifests, item)]
    if files:
        kubectl.apply_text(b"\n---\n".join(path.read_bytes() for path in files))
        kubectl.run("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")
    own = by_hand(session, component)
    if own:
        kubectl.apply(own)
