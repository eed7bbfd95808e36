"""Phase 4: check that Flux owns every object, the cluster matches the manifests, and adoption changed nothing."""

from __future__ import annotations

from penstock.cluster import bootstrap, processes
from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.core.errors import Findings, PenstockError
from penstock.gitops import objects, status
from penstock.gitops.status import Kustomization
from penstock.kube.fields import KubeStruct, Metadata
from penstock.kube.flux import GROUP, NAMESPACE, is_left_alone
from penstock.kube.kustomizations import KustomizationSpec
from penstock.kube.objects import Object
from penstock.kube.ref import Content
from penstock.tools.kubectl import Kubectl

Unchanged = tuple[int, int]
"""The numbers of objects that would not change, and of those left out since this cluster patches them."""


class Drifted(PenstockError):
    """Objects of the cluster differ from the manifests."""


class _Kustomization(KubeStruct, frozen=True):
    metadata: Metadata
    spec: KustomizationSpec


def prove(session: Session, step: Step) -> str:
    """Compare Flux's inventories and the cluster with manifests/; raises PenstockError for differences."""
    processes.refuse_dead(session.recorded, list(session.recorded.processes))
    step.note("comparing Flux's inventories with manifests/")
    count = inventories(session, status.kustomizations(session.kubectl))
    step.note("a dry run of every object")
    unchanged(session.manifests.all_objects(), session.kubectl, session.timeout)
    adopted = bootstrap.changed(session)
    if adopted:
        raise Findings(adopted, "report it as a bug: phase 1 and Flux should apply the same bytes")
    session.recorded.bootstrapped = {}
    return f"{count} objects, all owned by Flux, and none would change"


def inventories(session: Session, kustomizations: dict[str, Kustomization]) -> int:
    """Return the number of objects in manifests/; raises Findings if Flux's inventories have other objects."""
    # Nested Kustomizations apply objects from other sources.
    ours = [objects.ROOT, *session.manifests.components]
    owned = {entry for name in ours if name in kustomizations for entry in kustomizations[name].inventory}
    expected = {item.ref.inventory_id: item for item in session.manifests.all_objects()}
    findings = [
        f"{item.kind} {item.name} is in manifests/{session.environment}, but in no Flux inventory"
        for key, item in expected.items()
        if key not in owned
    ]
    extra = sorted(owned - set(expected) - _own(session))
    findings += [f"{entry} is in a Flux inventory, but not in manifests/{session.environment}" for entry in extra]
    if findings:
        raise Findings(findings, "inv status shows what Flux applied; inv sync applies it again")
    return len(expected)


def unchanged(objects: list[Object], kubectl: Kubectl, deadline: float) -> Unchanged:
    """Apply everything again in a dry run; raises Drifted with the objects that would change."""
    patched = _patched(kubectl, {item.component for item in objects})
    stream = [
        as_flux_does(item)
        for item in objects
        if (item.component, item.ref.kind, item.name) not in patched and not is_left_alone(item.content)
    ]
    result = kubectl.diff(stream, deadline)
    if result.code:
        # kubectl exits with the same code for errors and for differences.
        difference = _difference(result.text)
        if not difference:
            raise PenstockError(
                result.complaint, "kubectl diff failed; `inv status` shows whether the API server answers"
            )
        raise Drifted(difference, "inv sync applies manifests/ again")
    return len(stream), len(patched)


def _own(session: Session) -> set[str]:
    """Return the inventory ids of the components' Kustomizations and of their accounts, which the root owns."""
    return {item.ref.inventory_id for item in session.manifests.synced()}


def _patched(kubectl: Kubectl, components: set[str]) -> set[tuple[str, str, str]]:
    """Return component, kind and name of objects that this cluster patches: a local one redirects external sources."""
    return {
        (item.metadata.name, patch.target.kind, patch.target.name)
        for item in kubectl.read(_Kustomization, status.KUSTOMIZATIONS, "-n", NAMESPACE)
        for patch in item.spec.patches
        if item.metadata.name in components
    }


def as_flux_does(item: Object) -> Content:
    """Return an object of the manifests with the labels that Flux adds."""
    labels = {
        **(item.content["metadata"].get("labels") or {}),
        f"{GROUP}/name": item.component,
        f"{GROUP}/namespace": NAMESPACE,
    }
    return {**item.content, "metadata": {**item.content["metadata"], "labels": labels}}


def _difference(text: str) -> str:
    """Return the objects in kubectl diff's output, and the first changed lines; empty without a difference."""
    names = [line.rpartition("/")[2] for line in text.splitlines() if line.startswith("diff ")]
    changed = [line for line in text.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    # The API server increases the generation with every change.
    changed = [line for line in changed if not line[1:].strip().startswith("generation:")]
    return f"{len(names)} objects would change: {', '.join(names[:3])}: {' '.join(changed[:4])}" if names else ""
