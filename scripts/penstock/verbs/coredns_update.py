"""inv coredns-update: apply components/coredns, and check that pods can resolve names."""

from __future__ import annotations

from penstock.cluster import bootstrap, ownership, phases
from penstock.cluster.actions import Action, Plan, Work, applying
from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.kube.objects import Object
from penstock.kube.ref import Content
from penstock.verbs import steps
from penstock.verbs.options import Target
from penstock.verbs.target import running

COMPONENT = "coredns"
_DEPLOYMENT = "deployment/coredns"
_NAMESPACE = "kube-system"


def coredns_update(target: Target) -> None:
    """Apply the component, restart CoreDNS, and resolve names in a pod; if no pods run, only apply the component."""
    session = running(target, steps.FIRST)
    steps.take(session, target, "coredns-update", _update)


def _update(session: Session, step: Step) -> Plan:
    kubectl, timeout, runs_pods = session.kubectl, session.timeout, session.provider.runs_pods
    objects = bootstrap.by_hand(session, COMPONENT) if COMPONENT in session.manifests.components else []
    own = [item.content for item in objects]
    yield Work("", lambda: _look(session, objects, own))
    if own:
        yield applying(session, own)
    if runs_pods:
        # CoreDNS reloads by itself, but only some time within the next minute.
        restart = ("rollout", "restart", _DEPLOYMENT, "-n", _NAMESPACE)
        yield Action(lambda: kubectl.command(*restart), "CoreDNS, which reads its configuration")
        wait = ("rollout", "status", _DEPLOYMENT, "-n", _NAMESPACE, f"--timeout={timeout:.0f}s")

        def rolled_out() -> None:
            kubectl.run(*wait, timeout=timeout + 10)

        yield Work("wait until CoreDNS has restarted", rolled_out)
    yield from phases.names(session, step)


def _look(session: Session, objects: list[Object], own: list[Content]) -> None:
    """Turn `own` into what Flux applies if Flux owns it; raises PenstockError without CoreDNS."""
    if session.provider.runs_pods and not session.kubectl.get_one("deployment", "coredns", _NAMESPACE):
        raise PenstockError(
            f"{session.recorded.cluster} has no Deployment {_NAMESPACE}/coredns",
            "k3d and kind bring one; with another DNS server, change its configuration by its own means",
        )
    if bootstrap.is_applied_by_flux(session, COMPONENT):
        own[:] = [ownership.as_flux_does(item) for item in objects]
