"""Whether pods can resolve names of the cluster and external ones."""

from __future__ import annotations

from typing import Any

from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.tools.kubectl import PENSTOCK, Kubectl

_POD = "penstock-dns-check"
_NAMESPACE = "kube-system"
# The image of every pod that Penstock creates.
IMAGE = "docker.io/library/busybox:1.37.0"
# The fields that the Pod Security level `restricted` requires, and small resource requests.
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
# An external name that Flux needs anyway.
EXTERNAL = "github.com"


def check(kubectl: Kubectl, domain: str, timeout: float, step: Step, image: str = IMAGE) -> str:
    """Resolve a cluster name and an external name in a pod; raises PenstockError with the one that failed, and why.

    The pod is always removed.
    """
    names = {"cluster": f"kubernetes.default.svc.{domain}", "external": EXTERNAL}
    _remove(kubectl)
    kubectl.apply([_pod(names, image)], PENSTOCK)
    try:
        codes = until(lambda: _ended(kubectl, len(names)), timeout, step, "DNS from a pod", lambda: _stuck(kubectl))
        for container, name in names.items():
            if codes[container]:
                log = kubectl.run("logs", _POD, "-n", _NAMESPACE, "-c", container).text.strip().splitlines()
                raise PenstockError(
                    f"a pod can't resolve {name}: {log[-1] if log else 'nslookup printed nothing'}",
                    "fix the resolvers of CoreDNS in components/coredns, then run inv hydrate && inv coredns-update"
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
    """Container -> exit code; None until all have ended."""
    pod = kubectl.get_one("pod", _POD, _NAMESPACE) or {}
    states = {item["name"]: item.get("state", {}) for item in pod.get("status", {}).get("containerStatuses", [])}
    codes = {name: state["terminated"]["exitCode"] for name, state in states.items() if "terminated" in state}
    return codes if len(codes) == count else None


def _stuck(kubectl: Kubectl) -> PenstockError:
    pod = kubectl.get_one("pod", _POD, _NAMESPACE) or {}
    statuses = pod.get("status", {}).get("containerStatuses", [])
    reasons = [item["state"]["waiting"].get("reason", "") for item in statuses if "waiting" in item.get("state", {})]
    phase = pod.get("status", {}).get("phase", "missing")
    return PenstockError(
        f"the pod that checks DNS did not finish: it is {', '.join(filter(None, reasons)) or phase}",
        f"kubectl -n {_NAMESPACE} get events; check that a node runs pods and can pull {IMAGE}",
    )


def _remove(kubectl: Kubectl) -> None:
    kubectl.run("delete", "pod", _POD, "-n", _NAMESPACE, "--ignore-not-found", "--now", "--wait=true")
