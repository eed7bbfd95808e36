"""Whether pods can resolve names: of the cluster, and of the world outside."""

from __future__ import annotations

from typing import Any

from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.tools.kubectl import PENSTOCK, Kubectl

_POD = "penstock-dns-check"
_NAMESPACE = "kube-system"
# What every pod of ours runs.
IMAGE = "docker.io/library/busybox:1.37.0"
# What the Pod Security level `restricted` asks of a pod and of its containers, and little of the node.
RESTRICTED_POD: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
}
RESTRICTED_CONTAINER: dict[str, Any] = {
    "resources": {"requests": {"cpu": "10m", "memory": "8Mi"}, "limits": {"memory": "32Mi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
}
# A name outside that Flux needs anyway.
EXTERNAL = "github.com"


def check(kubectl: Kubectl, domain: str, timeout: float, step: Step, image: str = IMAGE) -> str:
    """Resolve one name of each kind in a pod of the pod network; PenstockError names the one that failed, and why.

    The pod is removed again, whatever it found.
    """
    names = {"cluster": f"kubernetes.default.svc.{domain}", "external": EXTERNAL}
    _remove(kubectl)
    kubectl.apply([_pod(names, image)], PENSTOCK)
    try:
        codes = until(lambda: _ended(kubectl, len(names)), timeout, step, "DNS from a pod", lambda: _stuck(kubectl))
        for container, name in names.items():
            if codes[container]:
                said = kubectl.run("logs", _POD, "-n", _NAMESPACE, "-c", container).text.strip().splitlines()
                raise PenstockError(
                    f"a pod can't resolve {name}: {said[-1] if said else 'nslookup said nothing'}",
                    "components/coredns has the resolvers that CoreDNS asks; after a change: inv hydrate && inv "
                    "coredns-update"
                    if container == "external"
                    else "kubectl -n kube-system logs -l k8s-app=kube-dns",
                )
    finally:
        _remove(kubectl)
    return f"{' and '.join(names.values())} resolve from a pod"


def _pod(names: dict[str, str], image: str) -> dict[str, Any]:
    containers = [
        {
            "name": container,
            "image": image,
            "command": ["nslookup", name],
            **RESTRICTED_CONTAINER,
        }
        for container, name in names.items()
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": _POD, "namespace": _NAMESPACE},
        "spec": {
            "containers": containers,
            "restartPolicy": "Never",
            **RESTRICTED_POD,
        },
    }


def _ended(kubectl: Kubectl, count: int) -> dict[str, int] | None:
    """Container -> exit code, once all have ended."""
    found = kubectl.get_one("pod", _POD, _NAMESPACE) or {}
    states = {item["name"]: item.get("state", {}) for item in found.get("status", {}).get("containerStatuses", [])}
    codes = {name: state["terminated"]["exitCode"] for name, state in states.items() if "terminated" in state}
    return codes if len(codes) == count else None


def _stuck(kubectl: Kubectl) -> PenstockError:
    found = kubectl.get_one("pod", _POD, _NAMESPACE) or {}
    statuses = found.get("status", {}).get("containerStatuses", [])
    reasons = [item["state"]["waiting"].get("reason", "") for item in statuses if "waiting" in item.get("state", {})]
    phase = found.get("status", {}).get("phase", "not there")
    return PenstockError(
        f"the pod that checks DNS did not end: it is {', '.join(filter(None, reasons)) or phase}",
        f"kubectl -n {_NAMESPACE} get events; does a node run pods, and can it pull {IMAGE}?",
    )


def _remove(kubectl: Kubectl) -> None:
    kubectl.run("delete", "pod", _POD, "-n", _NAMESPACE, "--ignore-not-found", "--now", "--wait=true")
