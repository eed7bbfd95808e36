"""Checks that the API server alone can answer, so they mean something wherever there is one."""

from __future__ import annotations

from typing import Any

import yaml

from penstock.cluster.smoke.check import World, wait
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.gitops import objects, status
from penstock.tools.flux import NAMESPACE
from penstock.tools.kubectl import FIELD_MANAGER


def nodes(world: World, step: Step, deadline: float) -> str:
    """Every node is Ready."""

    def probe() -> str:
        found = {item["metadata"]["name"]: _ready(item) for item in world.kubectl.get("nodes")}
        late = [f"{name} is not Ready: {reason}" for name, (is_ready, reason) in found.items() if not is_ready]
        if late or not found:
            raise PenstockError("; ".join(late) or "there are no nodes")
        return f"{len(found)} nodes Ready"

    return wait(probe, deadline, step, "nodes")


def kustomizations(world: World, step: Step, deadline: float) -> str:
    """Flux has the commit, and every Kustomization of the manifests is Ready at it."""

    def probe() -> str:
        fetched, complaint = status.source_revision(world.kubectl)
        if complaint:
            raise PenstockError(f"Flux can't fetch the platform: {complaint}")
        if world.revision and fetched != world.revision:
            raise PenstockError(
                f"Flux has fetched {fetched[:12] or 'nothing'}, and the commit is {world.revision[:12]}"
            )
        found = status.kustomizations(world.kubectl)
        for name in (objects.ROOT, *world.objects):
            item = found.get(name)
            if item is None:
                raise PenstockError(f"Flux has no Kustomization {name}")
            if not item.ready:
                raise PenstockError(f"{name} is not Ready: {item.reason}: {' '.join(item.message.split())[:200]}")
            if item.revision != fetched:
                raise PenstockError(f"{name} is at {item.revision[:12] or 'nothing'}, and Flux has {fetched[:12]}")
        return f"{len(world.objects) + 1} Kustomizations Ready at {fetched[:12]}"

    return wait(probe, deadline, step, "Flux")


def unchanged(world: World, step: Step, deadline: float) -> str:
    """To apply everything once more would change nothing: asked of the API server, which only pretends to."""
    step.note("a dry run of every object")
    patched = _patched(world)
    stream = [
        _as_flux_does(item, name)
        for name, items in world.objects.items()
        for item in items
        if (name, item["kind"], item["metadata"]["name"]) not in patched
    ]
    words = ["diff", "--server-side", "--force-conflicts", f"--field-manager={FIELD_MANAGER}", "-f", "-"]
    result = world.kubectl.run(*words, stdin=yaml.safe_dump_all(stream).encode(), timeout=deadline, ok=(0, 1))
    if result.code:
        # kubectl's own complaints end with the same code as a difference.
        raise PenstockError(_difference(result.text) or result.complaint)
    return f"{len(stream)} objects, and none would change" + (f"; {len(patched)} patched here" if patched else "")


def _ready(node: dict[str, Any]) -> tuple[bool, str]:
    found = [item for item in node.get("status", {}).get("conditions", []) if item["type"] == "Ready"]
    if not found:
        return False, "its kubelet has said nothing yet"
    return found[0]["status"] == "True", f"{found[0].get('reason', '')}: {found[0].get('message', '')}"


def _patched(world: World) -> set[tuple[str, str, str]]:
    """Component, kind and name of what this cluster alone has otherwise: a local one redirects sources of others."""
    return {
        (item["metadata"]["name"], target.get("kind", ""), target.get("name", ""))
        for item in world.kubectl.get(status.KUSTOMIZATIONS, "-n", NAMESPACE)
        for target in (patch.get("target", {}) for patch in item["spec"].get("patches", []))
        if item["metadata"]["name"] in world.objects
    }


def _as_flux_does(item: dict[str, Any], component: str) -> dict[str, Any]:
    """With the labels by which Flux knows its own."""
    group = "kustomize.toolkit.fluxcd.io"
    labels = {**item["metadata"].get("labels", {}), f"{group}/name": component, f"{group}/namespace": NAMESPACE}
    return {**item, "metadata": {**item["metadata"], "labels": labels}}


def _difference(text: str) -> str:
    """The objects in what `kubectl diff` printed, and the first lines of the first one."""
    names = [line.rpartition("/")[2] for line in text.splitlines() if line.startswith("diff ")]
    changed = [line for line in text.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    # The API server counts a change that it would make.
    changed = [line for line in changed if not line[1:].strip().startswith("generation:")]
    return f"{len(names)} objects would change: {', '.join(names[:3])}: {' '.join(changed[:4])}" if names else ""
