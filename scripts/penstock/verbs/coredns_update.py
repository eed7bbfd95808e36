"""inv coredns-update: CoreDNS reads what components/coredns gives it, and pods can resolve names."""

from __future__ import annotations

from penstock.cluster import bootstrap, dns
from penstock.cluster.session import Session
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.process import Command
from penstock.tools.resolver import by_name
from penstock.verbs import dry_run
from penstock.verbs.target import Target, confirm, running

COMPONENT = "coredns"
_DEPLOYMENT = "deployment/coredns"
_NAMESPACE = "kube-system"


def coredns_update(target: Target) -> None:
    """Apply the component, restart CoreDNS, and check names from a pod; PenstockError where there is no CoreDNS."""
    session = running(target)
    if target.dry_run:
        with by_name():
            for command in _commands(session):
                console.out(dry_run.line(command, session.layout.root))
        return
    kubectl, timeout = session.kubectl, session.timeout
    if not kubectl.get_one("deployment", "coredns", _NAMESPACE):
        raise PenstockError(
            f"{session.environment} on {session.noted.provider} has no Deployment {_NAMESPACE}/coredns",
            "on kwok nothing resolves names, since no pod runs; k3d and kind bring a CoreDNS",
        )
    with session.state.exclusive(), console.step("coredns-update") as step:
        confirm(session, target, "`inv coredns-update`")
        step.note("applying its configuration, and restarting it")
        for command in _commands(session):
            kubectl.carry_out(command)
        wait = f"--timeout={timeout:.0f}s"
        kubectl.run("rollout", "status", _DEPLOYMENT, "-n", _NAMESPACE, wait, timeout=timeout + 10)
        step.result = dns.check(kubectl, session.cluster.domain, timeout, step)


def _commands(session: Session) -> list[Command]:
    """What changes the cluster. CoreDNS does reload by itself, but some time within the next minute."""
    kubectl = session.kubectl
    own = COMPONENT in session.manifests.components
    applied = [kubectl.applying(bootstrap.by_hand(session, COMPONENT))] if own else []
    return [*applied, kubectl.command("rollout", "restart", _DEPLOYMENT, "-n", _NAMESPACE)]
