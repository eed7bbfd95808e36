"""Check that pods can resolve cluster names and external ones."""

from __future__ import annotations

from penstock.cluster.waiting import until
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.kube.live import Pod
from penstock.kube.ref import Content
from penstock.tools.kubectl import PENSTOCK, Kubectl

_POD = "penstock-dns-check"
_NAMESPACE = "kube-system"
# The image of every pod that Penstock creates.
IMAGE = "docker.io/library/busybox:1.37.0"
# The fields that the Pod Security level `restricted` requires, and small resource requests.
RESTRICTED_POD: Content = {
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
}
RESTRICTED_CONTAINER: Content = {
    "resources": {"requests": {"cpu": "10m", "memory": "8Mi"}, "limits": {"memory": "32Mi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
}
# CoreDNS becomes Ready some seconds after the nodes do; its last words explain a failure.
_LOOKUP = """\
end=$(($(date +%s) + 60))
until nslookup "$0"; do
  test "$(date +%s)" -lt $end || exit 1
  sleep 1
done
"""
# An external name that Flux needs anyway.
EXTERNAL = "github.com"


def check(kubectl: Kubectl, domain: str, timeout: float, step: Step, image: str = IMAGE) -> str:
    """Resolve a cluster name and an external name in a pod; raises PenstockError with the failed one and the reason.

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


def _pod(names: dict[str, str], image: str) -> Content:
    containers = [
        {
            "name": container,
            "image": image,
            "command": ["sh", "-c", _LOOKUP, name],
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


def _read(kubectl: Kubectl) -> Pod:
    return kubectl.read_one(Pod, "pod", _POD, _NAMESPACE) or Pod()


def _ended(kubectl: Kubectl, count: int) -> dict[str, int] | None:
    """Map containers to exit codes; None until all have ended."""
    statuses = _read(kubectl).status.container_statuses
    codes = {item.name: item.state.terminated.exit_code for item in statuses if item.state.terminated}
    return codes if len(codes) == count else None


def _stuck(kubectl: Kubectl) -> PenstockError:
    status = _read(kubectl).status
    reasons = [item.state.waiting.reason for item in status.container_statuses if item.state.waiting]
    return PenstockError(
        f"the pod that checks DNS did not finish: it is {', '.join(filter(None, reasons)) or status.phase}",
        f"kubectl -n {_NAMESPACE} get events; check that a node runs pods and can pull {IMAGE}",
    )


def _remove(kubectl: Kubectl) -> None:
    kubectl.run("delete", "pod", _POD, "-n", _NAMESPACE, "--ignore-not-found", "--now", "--wait=true")
