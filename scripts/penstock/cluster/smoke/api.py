"""Checks that need only the API server, so they apply to every cluster."""

from __future__ import annotations

from penstock.cluster import ownership
from penstock.cluster.nodes import late
from penstock.cluster.smoke.check import CheckFailed, World, wait
from penstock.core.console import Step
from penstock.gitops import objects, status


def nodes(world: World, step: Step, deadline: float) -> str:
    """Every node is Ready."""

    def probe() -> str:
        reasons = late(world.kubectl)
        complaints = [f"{name} is not Ready: {reason}" for name, reason in reasons.items() if reason]
        if complaints or not reasons:
            raise CheckFailed("; ".join(complaints) or "the cluster has no nodes")
        return f"{len(reasons)} nodes Ready"

    return wait(probe, deadline, step, "nodes")


def kustomizations(world: World, step: Step, deadline: float) -> str:
    """Flux has fetched the commit, and every Kustomization of the manifests is Ready at it."""

    def probe() -> str:
        source = status.source(world.kubectl)
        fetched = source.revision
        if not source.ready:
            raise CheckFailed(f"Flux can't fetch the platform: {source.message}")
        if world.revision and fetched != world.revision:
            raise CheckFailed(f"Flux has fetched {fetched[:12] or 'nothing'}, but the commit is {world.revision[:12]}")
        items = status.kustomizations(world.kubectl)
        for name in (objects.ROOT, *world.components):
            item = items.get(name)
            if item is None:
                raise CheckFailed(f"Flux has no Kustomization {name}")
            if not item.ready:
                raise CheckFailed(f"{name} is not Ready: {item.reason}: {' '.join(item.message.split())[:200]}")
            if item.revision != fetched:
                raise CheckFailed(f"{name} is at {item.revision[:12] or 'nothing'}, but Flux has {fetched[:12]}")
        return f"{len(world.components) + 1} Kustomizations Ready at {fetched[:12]}"

    return wait(probe, deadline, step, "Flux")


def unchanged(world: World, step: Step, deadline: float) -> str:
    """Applying every object again in a dry run changes nothing."""
    step.note("a dry run of every object")
    count, patched = ownership.unchanged(world.objects, world.kubectl, deadline)
    return f"{count} objects, none would change" + (f"; {patched} patched here" if patched else "")
