"""The steps of `inv up` as verbs of their own, for those who go one by one."""

from __future__ import annotations

from penstock.cluster import phases
from penstock.cluster.phases import Part
from penstock.cluster.session import Session
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.verbs import dry_run
from penstock.verbs.target import Target, begin, confirm, running
from penstock.verbs.up import start_on


def cluster_create(target: Target) -> None:
    """The first step of phase 1: the control plane and its nodes."""
    session = begin(target)
    if target.dry_run:
        dry_run.show_parts(session, [phases.CREATE])
        return
    with session.state.exclusive():
        start_on(session, target, "`inv cluster-create`")
        _carry_out(session, "cluster-create", phases.CREATE)


def install_component(target: Target, verb: str, component: str) -> None:
    """A step of phase 1: apply a component by hand; PenstockError when the environment hasn't got it."""
    session = running(target)
    if component not in session.manifests.components:
        raise PenstockError(
            f"manifests/{session.environment} has no component `{component}`",
            f"the components are {', '.join(session.manifests.components)}",
        )
    _step(session, target, verb, phases.component(component))


def flux_install(target: Target) -> None:
    """The first step of phase 2: Flux."""
    _step(running(target), target, "flux-install", phases.FLUX)


def gitops_setup(target: Target) -> None:
    """The second step of phase 2: where Flux takes the manifests from."""
    session = running(target)
    _refuse_without_flux(session, target)
    _step(session, target, "gitops-setup", phases.SOURCE)
    if not target.dry_run:
        session.reached(2)


def gitops_enable(target: Target) -> None:
    """Phase 3: Flux applies the components."""
    session = running(target)
    if session.noted.phase < 2 and not target.dry_run:
        raise PenstockError("Flux has no source yet", "inv gitops-setup")
    _step(session, target, "gitops-enable", phases.ENABLE)
    if not target.dry_run:
        session.reached(3)


def _step(session: Session, target: Target, verb: str, part: Part) -> None:
    if target.dry_run:
        dry_run.show_parts(session, [part])
        return
    with session.state.exclusive():
        confirm(session, target, f"`inv {verb}`")
        if not session.kubectl.is_ready():
            raise PenstockError("the API server does not answer", "inv cluster-create")
        _carry_out(session, verb, part)


def _carry_out(session: Session, verb: str, part: Part) -> None:
    with console.step(verb) as step:
        step.result = phases.carry_out(part, session, step)
    session.note()


def _refuse_without_flux(session: Session, target: Target) -> None:
    if not session.noted.flux and not target.dry_run:
        raise PenstockError("Flux is not installed yet", "inv flux-install")
