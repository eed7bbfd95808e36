"""The steps of `inv up` as separate verbs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from penstock.cluster import bootstrap, git_source, phases, sync
from penstock.cluster.actions import StepPlan, show
from penstock.cluster.session import Session
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.verbs.options import Target
from penstock.verbs.target import begin, confirm, refuse_unpushed, running
from penstock.verbs.up import start_on

FIRST = "inv cluster-create"
# The verbs that apply a component of phase 1.
_VERBS = {"gateway-api": "inv gateway-install", "cilium": "inv cilium-install", "coredns": "inv coredns-update"}


def cluster_create(target: Target) -> None:
    """Phase 1, step 1: create the control plane and its nodes."""
    session = begin(target)
    if target.dry_run:
        show(session, [("", phases.create)])
        return
    with session.state.exclusive():
        start_on(session, target, "`inv cluster-create`")
        _carry_out(session, "cluster-create", phases.create)


def install_component(target: Target, verb: str, component: str) -> None:
    """Apply a component of phase 1; raises PenstockError if the environment doesn't have it."""
    session = running(target, FIRST)
    if component not in session.manifests.components:
        raise PenstockError(
            f"manifests/{session.environment} has no component `{component}`",
            f"the components are {', '.join(session.manifests.components)}",
        )
    earlier = session.bootstrap[: session.bootstrap.index(component)] if component in session.bootstrap else []
    plan = partial(bootstrap.apply, component=component)
    take(session, target, verb, plan, lambda: _refuse_without(session, earlier))


def flux_install(target: Target) -> None:
    """Phase 2, step 1: install Flux."""
    session = running(target, FIRST)
    take(session, target, "flux-install", phases.install_flux, lambda: _refuse_without(session, session.bootstrap), 1)


def gitops_setup(target: Target) -> None:
    """Phase 2, step 2: configure Flux's source of the manifests."""
    session = running(target, FIRST)

    def ready() -> None:
        if not session.recorded.flux:
            raise PenstockError("Flux is not installed yet", "inv flux-install")
        refuse_unpushed(session)

    take(session, target, "gitops-setup", git_source.setup, ready, 2)


def gitops_enable(target: Target) -> None:
    """Phase 3: have Flux apply the components."""
    session = running(target, FIRST)

    def ready() -> None:
        if session.recorded.phase < 2:
            raise PenstockError("Flux has no source yet", "inv gitops-setup")

    take(session, target, "gitops-enable", sync.enable, ready, 3)


def take(
    session: Session,
    target: Target,
    verb: str,
    plan: StepPlan,
    ready: Callable[[], None] = lambda: None,
    phase: int = 0,
) -> None:
    """Carry out one step, or print its commands; `ready` raises if another step must run first.

    `phase` is the phase that the step completes, 0 for none.
    """
    if target.dry_run:
        show(session, [("", plan)])
        return
    with session.state.exclusive():
        if not session.kubectl.is_ready():
            raise PenstockError(f"`inv {verb}` finds no API server that answers", FIRST)
        ready()
        confirm(session, target, f"`inv {verb}`")
        _carry_out(session, verb, plan)
        session.reached(phase)


def _refuse_without(session: Session, components: list[str]) -> None:
    """Raise PenstockError with the verb to run first if the cluster lacks one of these components of phase 1."""
    lacking = [name for name in bootstrap.lacking(session) if name in components]
    if lacking:
        raise PenstockError(f"{lacking[0]} is not applied yet", _VERBS.get(lacking[0], "inv up --phase 1"))


def _carry_out(session: Session, verb: str, plan: StepPlan) -> None:
    with console.step(verb) as step:
        phases.carry_out(session, plan, step)
    session.note()
