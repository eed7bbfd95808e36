"""inv coredns-update: CoreDNS reads what components/coredns gives it, and pods can resolve names."""

from __future__ import annotations

from penstock.cluster import bootstrap, ownership, phases
from penstock.cluster.phases import Action
from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command
from penstock.verbs import steps
from penstock.verbs.target import Target, running

COMPONENT = "coredns"
_DEPLOYMENT = "deployment/coredns"
_NAMESPACE = "kube-system"


def coredns_update(target: Target) -> None:
    """Apply the component, restart CoreDNS, and check names from a pod; where no pod runs, apply it alone."""
    session = running(target, steps.FIRST)
    steps.take(session, target, "coredns-update", Action(_update, _commands))


def _update(session: Session, step: Step) -> str:
    kubectl = session.kubectl
    if session.provider.runs_pods and not kubectl.get_one("deployment", "coredns", _NAMESPACE):
        raise PenstockError(
            f"{session.recorded.cluster} has no Deployment {_NAMESPACE}/coredns",
            "k3d and kind bring one; with another DNS server, change its configuration by its own means",
        )
    step.note("applying its configuration, and restarting it")
    for command in _commands(session, bootstrap.is_applied_by_flux(session, COMPONENT)):
        kubectl.carry_out(command)
    if session.provider.runs_pods:
        wait = f"--timeout={session.timeout:.0f}s"
        kubectl.run("rollout", "status", _DEPLOYMENT, "-n", _NAMESPACE, wait, timeout=session.timeout + 10)
    return phases.names(session, step)


def _commands(session: Session, is_fluxs: bool = False) -> list[Command]:
    """What changes the cluster. CoreDNS does reload by itself, but some time within the next minute."""
    kubectl = session.kubectl
    own = bootstrap.by_hand(session, COMPONENT) if COMPONENT in session.manifests.components else []
    contents = [ownership.as_flux_does(item) if is_fluxs else item.content for item in own]  # what is Flux's stays so
    applied = [kubectl.applying(contents)] if own else []
    restart = kubectl.command("rollout", "restart", _DEPLOYMENT, "-n", _NAMESPACE)
    return [*applied, *([restart] if session.provider.runs_pods else [])]
