"""Changes of workloads after which a service may not answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.review.quantities import quantity
from penstock.review.risks.parts import at, both, container_pairs, count, inner, pod, template_metadata, workloads
from penstock.review.risks.rule import Hit, risk
from penstock.review.step import Step
from penstock.review.trees import Item

_SCALED = ("Deployment", "StatefulSet")


def _replicas(item: Item) -> int:
    found = at(item, "spec.replicas", 1)
    return found if isinstance(found, int) else 1


@risk(
    "scaled-to-zero",
    "outage",
    "high",
    "A Deployment or StatefulSet is scaled to 0 replicas.",
    "Nothing serves its requests.",
    "Keep at least one replica, or remove the workload and what uses it.",
)
def scaled_to_zero(step: Step) -> Iterator[Hit]:
    """A workload whose last pod goes."""
    for old, new in both(step, *_SCALED):
        if _replicas(old) > 0 == _replicas(new):
            yield Hit(new, f"is scaled from {_replicas(old)} to 0 replicas")


@risk(
    "single-replica",
    "outage",
    "medium",
    "A Deployment or StatefulSet is scaled to 1 replica.",
    "Every restart, rollout and drained node is now an outage.",
    "Keep two replicas of what must stay available.",
)
def single_replica(step: Step) -> Iterator[Hit]:
    """A workload that had spare pods and has none now."""
    for old, new in both(step, *_SCALED):
        if _replicas(old) > 1 == _replicas(new):
            yield Hit(new, f"is scaled from {_replicas(old)} to 1 replica")


@risk(
    "budget-unmet",
    "outage",
    "medium",
    "A PodDisruptionBudget that allows no disruption.",
    "No node with such a pod can be drained: upgrades of the cluster stop there.",
    "Allow one pod to be unavailable, or add a replica.",
)
def budget_unmet(step: Step) -> Iterator[Hit]:
    """A budget that needs as many pods as there are, where it did not before."""
    touched = {(item.namespace, item.name) for item in (delta.item for delta in step.of("PodDisruptionBudget"))}
    scaled = [(old, new) for old, new in both(step, *_SCALED) if _replicas(old) != _replicas(new)]
    if not touched and not scaled:
        return
    before = {item.ref for item in step.before.of("PodDisruptionBudget") if _stuck(item, step.before.of(*_SCALED))}
    for item in step.after.of("PodDisruptionBudget"):
        stuck = _stuck(item, step.after.of(*_SCALED))
        if stuck and item.ref not in before:
            yield Hit(item, f"allows no disruption: {stuck}")


def _stuck(budget: Item, scaled: list[Item]) -> str:
    if str(at(budget, "spec.maxUnavailable", "")) in ("0", "0%"):
        return "maxUnavailable is 0"
    least = at(budget, "spec.minAvailable")
    if least is None:
        return ""
    labels = at(budget, "spec.selector.matchLabels", {})
    chosen = [
        item
        for item in scaled
        if item.namespace == budget.namespace and labels.items() <= template_metadata(item, "labels").items()
    ]
    running = sum(map(_replicas, chosen))
    needed = running if str(least) == "100%" else least if isinstance(least, int) else 0
    if not chosen or not needed >= running > 0:
        return ""
    return f"minAvailable is {least}, and {chosen[0]} has {count(running, 'replica')}"


@risk(
    "probe-removed",
    "outage",
    "medium",
    "A container loses its readiness, liveness or startup probe.",
    "Requests reach it before it is ready, or a container that hangs stays.",
    "Keep the probe, or replace it with another one.",
)
def probe_removed(step: Step) -> Iterator[Hit]:
    """A probe that a container had before."""
    for delta, name, was, now in container_pairs(step):
        for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
            if was.get(probe) and not now.get(probe):
                yield Hit(delta.item, f"container {name} loses its {probe}")


@risk(
    "recreate",
    "outage",
    "medium",
    "A Deployment's strategy changes to Recreate.",
    "Every rollout stops all pods before it starts new ones.",
    "Keep RollingUpdate unless two versions can't run at once.",
)
def recreate(step: Step) -> Iterator[Hit]:
    """A Deployment that was rolled before."""
    for old, new in both(step, "Deployment"):
        if at(new, "spec.strategy.type") == "Recreate" != at(old, "spec.strategy.type"):
            yield Hit(new, "is stopped as a whole at every rollout: strategy Recreate")


@risk(
    "unavailable",
    "outage",
    "medium",
    "A Deployment's or DaemonSet's rollout may stop all of its pods at once.",
    "maxUnavailable 100% is as good as Recreate.",
    "Lower maxUnavailable.",
)
def unavailable(step: Step) -> Iterator[Hit]:
    """maxUnavailable at 100%, where it was lower."""
    for old, new in both(step, "Deployment", "DaemonSet"):
        key = "strategy" if new.kind == "Deployment" else "updateStrategy"
        path = f"spec.{key}.rollingUpdate.maxUnavailable"
        if str(at(new, path)) == "100%" != str(at(old, path)):
            yield Hit(new, "all of its pods may be stopped at once: maxUnavailable is 100%")


@risk(
    "network-daemon",
    "outage",
    "medium",
    "The pods of a DaemonSet that provides the network are rolled.",
    "On every node in turn the network restarts, and connections of new pods wait for it.",
    "Apply it when the cluster is calm, and watch the first node.",
)
def network_daemon(step: Step) -> Iterator[Hit]:
    """A DaemonSet that installs a CNI plugin on its nodes."""
    for delta in step.of("DaemonSet"):
        paths = (str(inner(one, "hostPath.path") or "") for one in pod(delta.new).get("volumes") or [])
        if delta.is_("rolled") and any("/cni" in path for path in paths):
            yield Hit(delta.item, "is rolled on every node, and provides the network")


@risk(
    "memory-limit",
    "outage",
    "high",
    "A container's memory limit is lower than its request was.",
    "What it needs is more than it may have: it is killed.",
    "Measure its memory first, then lower the limit.",
)
def memory_limit(step: Step) -> Iterator[Hit]:
    """A limit under the request of before."""
    for delta, name, was, now in container_pairs(step):
        request, limit = (quantity(inner(*pair) or "") for pair in ((was, _REQUEST), (now, _LIMIT)))
        if request is not None and limit is not None and limit < request:
            shown = f"the memory limit of container {name} is {inner(now, _LIMIT)}"
            yield Hit(delta.item, f"{shown}, its request was {inner(was, _REQUEST)}")


_REQUEST, _LIMIT = "resources.requests.memory", "resources.limits.memory"


@risk(
    "node-selector",
    "outage",
    "medium",
    "A workload requires a node label that it did not require before.",
    "Its pods stay Pending where no node has the label, also one for another architecture.",
    "Label the nodes first.",
)
def node_selector(step: Step) -> Iterator[Hit]:
    """A node selector with new labels or other values."""
    for delta in workloads(step):
        was: dict[str, Any] = {**(pod(delta.old).get("nodeSelector") or {})}
        now: dict[str, Any] = {**(pod(delta.new).get("nodeSelector") or {})}
        new = {key: value for key, value in now.items() if was.get(key) != value}
        if delta.old and new:
            yield Hit(
                delta.item, f"runs only on nodes with {', '.join(f'{key}={value}' for key, value in new.items())}"
            )


@risk(
    "stale-readers",
    "outage",
    "low",
    "A ConfigMap or Secret changes, and the pods that read it are not rolled.",
    "They run with the old values until something restarts them, perhaps weeks later.",
    "Add a checksum of it to the pod template's annotations, or restart the pods.",
)
def stale_readers(step: Step) -> Iterator[Hit]:
    """Readers that keep the old values."""
    for delta in step.of("ConfigMap", "Secret"):
        for effect in delta.effects:
            if effect.what == "unread":
                yield Hit(delta.item, effect.says)


@risk(
    "missing-secret",
    "outage",
    "medium",
    "A workload needs a Secret, or a key of one, that nothing in the repository provides.",
    "Its pods don't start until someone creates it.",
    "Create the Secret before the change is merged, or declare it in the component's secrets.yaml.",
)
def missing_secret(step: Step) -> Iterator[Hit]:
    """A Secret that is newly read and that no secrets.yaml declares."""
    for delta in step.deltas:
        for effect in delta.effects:
            if effect.what == "needs" and "`inv up` makes it" not in effect.says:
                yield Hit(delta.item, effect.says)
