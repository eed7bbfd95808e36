"""A client and a server pod in a temporary namespace."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from penstock.cluster.dns import IMAGE, RESTRICTED_CONTAINER, RESTRICTED_POD
from penstock.cluster.smoke.check import CheckFailed, wait
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import CommandFailed
from penstock.kube.fields import KubeStruct, ServiceSpec
from penstock.kube.live import Pod
from penstock.kube.ref import Content
from penstock.tools.kubectl import Kubectl

NAMESPACE = "penstock-smoke"
SERVER = "server"
_CLIENT = "client"
_PORT = 8080
_REMOVAL_SECONDS = 90
# Always exits with 0, so a failing `kubectl exec` differs from a missing answer.
# 124 and 143 mean a timeout, depending on the version of busybox.
_ASK = """output=$(timeout 3 wget -q -O - "$1" 2>&1)
case $? in
0) echo "answer: $output" ;;
124 | 143) echo "none: timed out" ;;
*) echo "none: $output" ;;
esac"""


@dataclass(frozen=True)
class Pair:
    """A running server and client. `token` is the server's unique answer; `service` and `pod` are addresses."""

    kubectl: Kubectl
    token: str
    service: str
    pod: str

    def ask(self) -> str:
        """Send a request from the client to the Service's address; returns the error, empty for a valid answer."""
        argv = ["exec", _CLIENT, "-n", NAMESPACE, "--", "sh", "-c", _ASK, "ask", f"http://{self.service}/"]
        try:
            output = self.kubectl.run(*argv, timeout=30).text.strip()
        except CommandFailed as failure:
            raise CheckFailed(f"pod {_CLIENT} can't run a command: {failure.result.complaint}") from None
        if output == f"answer: {self.token}":
            return ""
        if not output.startswith("none:"):
            raise CheckFailed(f"http://{self.service} answers unexpectedly: {output[:80]!r}")
        return output.removeprefix("none:").strip() or "no answer"


@contextmanager
def pair(kubectl: Kubectl, step: Step, deadline: float) -> Iterator[Pair]:
    """Create the namespace, both pods and the Service, and remove them at the end of the context.

    Remains of a killed check are removed first. An error during the removal is added to that of the check.
    """
    _remove(kubectl)
    try:
        yield _created(kubectl, step, deadline)
    except PenstockError as error:
        try:
            _remove(kubectl)
        except PenstockError as left:
            raise PenstockError(f"{error.message}; and {left.message}", left.hint) from None
        raise
    except BaseException:
        _remove(kubectl)
        raise
    _remove(kubectl)


def _created(kubectl: Kubectl, step: Step, deadline: float) -> Pair:
    token = f"penstock-smoke-{secrets.token_hex(4)}"
    kubectl.apply([_namespace()], manager="penstock")

    def applied() -> bool:
        # A new namespace refuses pods until it has a service account.
        kubectl.apply([_server(token), _client(), _service()], manager="penstock")
        return True

    wait(applied, deadline, step, "a namespace that accepts pods")

    def ready() -> dict[str, str]:
        pods = {item.metadata.name: item for item in kubectl.read(Pod, "pods", "-n", NAMESPACE)}
        late = [
            f"pod {name} is not Ready: {_why(pods.get(name))}" for name in (SERVER, _CLIENT) if _why(pods.get(name))
        ]
        if late:
            raise CheckFailed("; ".join(late))
        return {name: item.status.pod_ip for name, item in pods.items()}

    addresses = wait(ready, deadline, step, "two pods")
    service = kubectl.read_one(_Service, "service", SERVER, NAMESPACE)
    address = service.spec.cluster_ip if service else ""
    if not address or address == "None":
        raise CheckFailed(f"Service {NAMESPACE}/{SERVER} got no address")
    return Pair(kubectl, token, address, addresses[SERVER])


def _remove(kubectl: Kubectl) -> None:
    argv = ["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=true", f"--timeout={_REMOVAL_SECONDS}s"]
    try:
        kubectl.run(*argv, timeout=_REMOVAL_SECONDS + 10)
    except PenstockError as error:
        raise PenstockError(f"namespace {NAMESPACE} can't be removed: {error.message}", error.hint) from None


class _Service(KubeStruct, frozen=True):
    spec: ServiceSpec


def _why(pod: Pod | None) -> str:
    """Return why a pod isn't Ready; empty if it is."""
    status = (pod or Pod()).status
    if any(item.type == "Ready" and item.status == "True" for item in status.conditions):
        return ""
    reasons = [item.reason for item in status.container_statuses]
    unfit = [item.message for item in status.conditions if item.reason == "Unschedulable"]
    return ", ".join(filter(None, [*reasons, *unfit])) or status.phase


def _namespace() -> Content:
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def _server(token: str) -> Content:
    script = f"echo {token} >/www/index.html && exec httpd -f -p {_PORT} -h /www"
    more = {
        "ports": [{"containerPort": _PORT}],
        "volumeMounts": [{"name": "www", "mountPath": "/www"}],
        "readinessProbe": {"httpGet": {"path": "/", "port": _PORT}, "periodSeconds": 1},
    }
    return _pod(SERVER, script, more, {"volumes": [{"name": "www", "emptyDir": {}}]})


def _client() -> Content:
    # It runs the commands of `kubectl exec`, and ends after an hour in case it isn't removed.
    return _pod(_CLIENT, "exec sleep 3600", {}, {})


def _pod(name: str, script: str, container: Content, spec: Content) -> Content:
    runs = {"name": name, "image": IMAGE, "command": ["sh", "-c", script], **RESTRICTED_CONTAINER, **container}
    rest = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, **RESTRICTED_POD, **spec}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": name}},
        "spec": {"containers": [runs], **rest},
    }


def _service() -> Content:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": SERVER, "namespace": NAMESPACE},
        "spec": {"selector": {"app": SERVER}, "ports": [{"port": 80, "targetPort": _PORT}]},
    }
