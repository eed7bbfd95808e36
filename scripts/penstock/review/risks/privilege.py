"""Changes after which pods may do more to their node or to the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.review.risks.parts import Values, at, both, container_pairs, inner, pod, workloads
from penstock.review.risks.rule import Hit, risk
from penstock.review.step import Step
from penstock.review.trees import Item

_LEVELS = ("privileged", "baseline", "restricted")
_AUTOMOUNT = "automountServiceAccountToken"
_MODE = "pod-security.kubernetes.io/enforce"


@risk(
    "privileged",
    "privilege",
    "high",
    "A container becomes privileged.",
    "It can do everything that root on the node can.",
    "Give it the one capability or device that it needs.",
)
def privileged(step: Step) -> Iterator[Hit]:
    """A container that is privileged and was not."""
    for delta, name, was, now in container_pairs(step):
        if inner(now, "securityContext.privileged") and not inner(was, "securityContext.privileged"):
            yield Hit(delta.item, f"container {name} is privileged")


@risk(
    "host-path",
    "privilege",
    "high",
    "Pods mount another path of their node.",
    "They read, and perhaps write, files of the node and of other pods.",
    "Use an emptyDir or a claim; mount the narrowest path, read-only.",
)
def host_path(step: Step) -> Iterator[Hit]:
    """A hostPath that the pods did not mount before."""
    for delta in workloads(step):
        for path in sorted(_host_paths(pod(delta.new)) - _host_paths(pod(delta.old))):
            yield Hit(delta.item, f"mounts {path} of its node")


def _host_paths(spec: Values) -> set[str]:
    return {str(one["hostPath"].get("path")) for one in spec.get("volumes") or [] if one.get("hostPath")}


@risk(
    "host-namespace",
    "privilege",
    "high",
    "Pods join a namespace of their node: network, processes or IPC.",
    "They see the node's traffic or processes, and network policies don't select them.",
    "Use a Service or a sidecar instead.",
)
def host_namespace(step: Step) -> Iterator[Hit]:
    """hostNetwork, hostPID or hostIPC, where it was off."""
    for delta in workloads(step):
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if pod(delta.new).get(key) and not pod(delta.old).get(key):
                yield Hit(delta.item, f"has {key}")


@risk(
    "capability-added",
    "privilege",
    "high",
    "A container gains a Linux capability.",
    "SYS_ADMIN, NET_ADMIN and the like come close to root on the node.",
    "Drop ALL, and add only what the program can't start without.",
)
def capability_added(step: Step) -> Iterator[Hit]:
    """A capability that is added and was not before."""
    for delta, name, was, now in container_pairs(step):
        gained = {*_added(now)} - {*_added(was)}
        if gained:
            yield Hit(delta.item, f"container {name} gains {', '.join(sorted(gained))}")


def _added(container: Values) -> list[str]:
    return inner(container, "securityContext.capabilities.add") or []


@risk(
    "capabilities-kept",
    "privilege",
    "medium",
    "A container no longer drops its capabilities.",
    "It keeps those of the container runtime, such as NET_RAW and SETUID.",
    "Drop ALL, and add only what the program needs.",
)
def capabilities_kept(step: Step) -> Iterator[Hit]:
    """A capability that was dropped and no longer is."""
    path = "securityContext.capabilities.drop"
    for delta, name, was, now in container_pairs(step):
        kept = {*(inner(was, path) or [])} - {*(inner(now, path) or [])}
        if kept and "ALL" not in (inner(now, path) or []):
            yield Hit(delta.item, f"container {name} no longer drops {', '.join(sorted(kept))}")


@risk(
    "runs-as-root",
    "privilege",
    "medium",
    "A container may run as root, which it might not before.",
    "A fault in the program or the runtime reaches the node as root.",
    "Keep runAsNonRoot, and a user other than 0.",
)
def runs_as_root(step: Step) -> Iterator[Hit]:
    """runAsNonRoot or a user other than 0, which is gone."""
    for delta, name, was, now in container_pairs(step):
        before, after = (_user(pod(item), one) for item, one in ((delta.old, was), (delta.new, now)))
        if (was or not delta.old) and after == "root" != before:
            yield Hit(delta.item, f"container {name} may run as root")


def _user(spec: Values, container: Values) -> str:
    def setting(key: str) -> Any:
        own = inner(container, f"securityContext.{key}")
        return inner(spec, f"securityContext.{key}") if own is None else own

    user = setting("runAsUser")
    if user == 0:
        return "root"
    # With neither, the image decides: only the loss of a guarantee is one.
    return "other" if user or setting("runAsNonRoot") else "root" if setting("runAsNonRoot") is False else "image"


@risk(
    "root-allowed",
    "privilege",
    "medium",
    "A container loses the guarantee that it does not run as root.",
    "The image decides, and its next version may run as root.",
    "Keep runAsNonRoot.",
)
def root_allowed(step: Step) -> Iterator[Hit]:
    """A container whose image decides now."""
    for delta, name, was, now in container_pairs(step):
        if was and _user(pod(delta.old), was) == "other" and _user(pod(delta.new), now) == "image":
            yield Hit(delta.item, f"container {name} no longer requires a user other than root")


@risk(
    "escalation",
    "privilege",
    "medium",
    "A container may gain privileges, or write to its root file system, which it might not before.",
    "A setuid program or a changed binary helps who breaks in.",
    "Keep allowPrivilegeEscalation: false and readOnlyRootFilesystem: true.",
)
def escalation(step: Step) -> Iterator[Hit]:
    """A hardening that a container had and has no longer."""
    hardened = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
    for delta, name, was, now in container_pairs(step):
        for key, value in hardened.items():
            path = f"securityContext.{key}"
            if now and inner(was, path) is value and inner(now, path) is not value:
                yield Hit(delta.item, f"container {name} no longer has {key}: {str(value).lower()}")


@risk(
    "service-account",
    "privilege",
    "medium",
    "Pods run under another service account.",
    "They have its permissions and its image pull secrets.",
    "Compare the roles that are bound to both accounts.",
)
def service_account(step: Step) -> Iterator[Hit]:
    """A workload whose account changed."""
    for delta in workloads(step):
        was, now = (pod(item).get("serviceAccountName") or "default" for item in (delta.old, delta.new))
        if delta.old and not delta.replaced and was != now:
            yield Hit(delta.item, f"runs as the service account {now}, was {was}")


@risk(
    "token-mounted",
    "privilege",
    "low",
    "Pods get a token for the API server, which they did not before.",
    "Who breaks into the pod may do what its service account may.",
    "Keep automountServiceAccountToken: false.",
)
def token_mounted(step: Step) -> Iterator[Hit]:
    """A token that was declined before, by the pod or by its service account."""
    for delta in workloads(step):
        was, now = (pod(item).get(_AUTOMOUNT) for item in (delta.old, delta.new))
        if was is False and now is not False:
            yield Hit(delta.item, "mounts the token of its service account")
    for old, new in both(step, "ServiceAccount"):
        if at(old, _AUTOMOUNT) is False and at(new, _AUTOMOUNT) is not False:
            yield Hit(new, "gives its token to the pods that run as it")


@risk(
    "pod-security",
    "privilege",
    "high",
    "The Pod Security level of a Namespace is lowered.",
    "Pods that were refused are admitted: privileged ones, or such with host paths.",
    "Keep the level, and put the one workload that needs more in a namespace of its own.",
)
def pod_security(step: Step) -> Iterator[Hit]:
    """A namespace that enforces less."""
    for old, new in both(step, "Namespace"):
        was, now = (_level(item) for item in (old, new))
        if _LEVELS.index(now) < _LEVELS.index(was):
            yield Hit(new, f"enforces the Pod Security level {now}, was {was}")


def _level(item: Item) -> str:
    found = str((at(item, "metadata.labels", {})).get(_MODE, "privileged"))
    return found if found in _LEVELS else "privileged"
