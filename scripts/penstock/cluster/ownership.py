"""Phase 4: Flux owns every object of the manifests, the cluster holds what they say, nothing was changed on the way."""

from __future__ import annotations

from typing import Any

from penstock.cluster import bootstrap, processes
from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.core.errors import Findings, PenstockError
from penstock.gitops import objects, status
from penstock.gitops.status import Kustomization
from penstock.kube.flux import GROUP, NAMESPACE, is_left_alone
from penstock.kube.ref import ObjectRef
from penstock.tools.kubectl import Kubectl

Unchanged = tuple[int, int]
"""How many objects would not change, and how many were left out since this cluster alone has them patched."""


class Drifted(PenstockError):
    """The cluster holds something else than the manifests say."""


def prove(session: Session, step: Step) -> str:
    """Compare Flux's inventories and the cluster with manifests/; Findings for everything that differs."""
    processes.refuse_dead(session.recorded, list(session.recorded.processes))
    step.note("comparing Flux's inventories with manifests/")
    count = inventories(session, status.kustomizations(session.kubectl))
    step.note("a dry run of every object")
    manifests = session.manifests
    unchanged({name: manifests.objects(name) for name in manifests.components}, session.kubectl, session.timeout)
    adopted = bootstrap.changed(session)
    if adopted:
        raise Findings(adopted, "this is a fault in Penstock: phase 1 and Flux should apply the same bytes")
    session.recorded.bootstrapped = {}
    return f"{count} objects, all owned by Flux, and none would change"


def inventories(session: Session, found: dict[str, Kustomization]) -> int:
    """The number of objects in manifests/, every one of them in a Flux inventory; Findings for any that isn't."""
    # What a component applies from a source of its own is that source's matter.
    ours = [objects.ROOT, *session.manifests.components]
    owned = {entry for name in ours if name in found for entry in found[name].inventory}
    wanted = {ObjectRef.of(item).inventory_id: item for item in session.manifests.all_objects()}
    lost = [
        f"{item['kind']} {item['metadata']['name']} is in manifests/{session.environment}, but in no Flux inventory"
        for key, item in wanted.items()
        if key not in owned
    ]
    extra = sorted(owned - set(wanted) - _own(session))
    lost += [f"{entry} is in a Flux inventory, but not in manifests/{session.environment}" for entry in extra]
    if lost:
        raise Findings(lost, "inv status shows what Flux applied; inv sync applies it again")
    return len(wanted)


def unchanged(components: dict[str, list[dict[str, Any]]], kubectl: Kubectl, deadline: float) -> Unchanged:
    """Ask the API server what applying everything once more would change, in a dry run; PenstockError names it."""
    patched = _patched(kubectl, components)
    stream = [
        as_flux_does(item, name)
        for name, items in components.items()
        for item in items
        if (name, item["kind"], item["metadata"]["name"]) not in patched and not is_left_alone(item)
    ]
    result = kubectl.diff(stream, deadline)
    if result.code:
        # kubectl's own complaints end with the same code as a difference.
        said = _difference(result.text)
        if not said:
            raise PenstockError(
                result.complaint, "kubectl diff failed; `inv status` tells whether the API server answers"
            )
        raise Drifted(said, "inv sync applies manifests/ again")
    return len(stream), len(patched)


def _own(session: Session) -> set[str]:
    """The ids of the components' Kustomizations themselves and of their accounts, which the root owns."""
    return {ObjectRef.of(item).inventory_id for item in session.manifests.synced().values()}


def _patched(kubectl: Kubectl, components: dict[str, list[dict[str, Any]]]) -> set[tuple[str, str, str]]:
    """Component, kind and name of what this cluster alone has otherwise: a local one redirects sources of others."""
    return {
        (item["metadata"]["name"], target.get("kind", ""), target.get("name", ""))
        for item in kubectl.get(status.KUSTOMIZATIONS, "-n", NAMESPACE)
        for target in (patch.get("target", {}) for patch in item["spec"].get("patches", []))
        if item["metadata"]["name"] in components
    }


def as_flux_does(item: dict[str, Any], component: str) -> dict[str, Any]:
    """An object with the labels by which Flux knows its own."""
    labels = {**item["metadata"].get("labels", {}), f"{GROUP}/name": component, f"{GROUP}/namespace": NAMESPACE}
    return {**item, "metadata": {**item["metadata"], "labels": labels}}


def _difference(text: str) -> str:
    """The objects in what `kubectl diff` printed, and the first lines of the first one."""
    names = [line.rpartition("/")[2] for line in text.splitlines() if line.startswith("diff ")]
    changed = [line for line in text.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    # The API server counts a change that it would make.
    changed = [line for line in changed if not line[1:].strip().startswith("generation:")]
    return f"{len(names)} objects would change: {', '.join(names[:3])}: {' '.join(changed[:4])}" if names else ""
