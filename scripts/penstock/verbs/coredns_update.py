"""inv coredns-update: CoreDNS reads what components/coredns gives it, and pods can resolve names."""

from __future__ import annotations

from penstock.cluster import bootstrap, dns
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.verbs.up import begin

COMPONENT = "coredns"
_DEPLOYMENT = "coredns"
_NAMESPACE = "kube-system"


def coredns_update(environment: str, timeout: float) -> None:
    """Apply the component, restart CoreDNS, and check names from a pod; PenstockError where there is no CoreDNS."""
    session = begin(environment, "", timeout)
    if not session.state.exists:
        raise PenstockError("there is no cluster here", "run `inv up`")
    kubectl = session.kubectl
    if not kubectl.get_one("deployment", _DEPLOYMENT, _NAMESPACE):
        raise PenstockError(
            f"{session.environment} on {session.noted.provider} has no Deployment {_NAMESPACE}/{_DEPLOYMENT}",
            "on kwok nothing resolves names, since no pod runs; k3d and kind bring a CoreDNS",
        )
    with session.state.exclusive(), console.step("CoreDNS") as step:
        if COMPONENT in session.manifests.components:
            step.note("applying its configuration")
            kubectl.apply(bootstrap.by_hand(session, COMPONENT))
        # It does reload by itself, some time within the next minute.
        step.note("restarting it")
        kubectl.run("rollout", "restart", f"deployment/{_DEPLOYMENT}", "-n", _NAMESPACE)
        wait = f"--timeout={timeout:.0f}s"
        kubectl.run("rollout", "status", f"deployment/{_DEPLOYMENT}", "-n", _NAMESPACE, wait, timeout=timeout + 10)
        step.result = dns.check(kubectl, session.domain, timeout, step)
