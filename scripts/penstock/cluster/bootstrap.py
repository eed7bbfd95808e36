"""What phase 1 applies by hand, since no pod of Flux could run before it: definitions, the network, the cluster's DNS.

They are components like all others. What is applied here are the very files that Flux applies later, under Flux' own
field manager, so Flux adopts them without a change.
"""

from __future__ import annotations

from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.gitops import mirror, status
from penstock.tools.flux import NAMESPACE

_FIRST = ("Namespace", "CustomResourceDefinition")


def bootstrap(session: Session, step: Step) -> list[str]:
    """Apply those bootstrap components that Flux has not applied yet; gives their names."""
    applied = []
    for component in session.bootstrap:
        if component not in session.manifests.components:
            continue  # another environment's
        if _is_fluxs(session, component):
            continue
        step.note(f"applying {component}")
        _apply(session, component)
        applied.append(component)
    return applied


def _is_fluxs(session: Session, component: str) -> bool:
    if session.noted.phase < 2:
        return False  # there is no Flux yet, nor its kinds
    found = session.kubectl.get_one(status.KUSTOMIZATIONS, component, NAMESPACE)
    return bool(found and found.get("status", {}).get("lastAppliedRevision"))


def _apply(session: Session, component: str) -> None:
    kubectl = session.kubectl
    objects = session.manifests.objects(component)
    files = [
        path for item in objects if item["kind"] == "Kustomization" for path in mirror.applied(session.manifests, item)
    ]
    if files:
        kubectl.apply_text(b"\n---\n".join(path.read_bytes() for path in files))
        kubectl.run("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")
    # Flux' own kinds are not there before phase 2, and only Flux has a use for them.
    own = [item for item in objects if not item["apiVersion"].split("/")[0].endswith(".toolkit.fluxcd.io")]
    if own:
        kubectl.apply(sorted(own, key=lambda item: item["kind"] not in _FIRST))
