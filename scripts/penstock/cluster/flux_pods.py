"""Flux in a cluster with running pods: the flux program installs its pinned version."""

from __future__ import annotations

from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command, run
from penstock.kube.flux import NAMESPACE
from penstock.kube.live import Controller
from penstock.tools import flux, flux_cli
from penstock.tools.on_path import FLUX

_NOTIFICATION = "notification.toolkit.fluxcd.io"
_VERSION_LABEL = "app.kubernetes.io/version"


def install(session: Session, step: Step) -> str:
    """Install the controllers that the manifests need, unless they already run in the pinned version."""
    needed = controllers(session)
    lacking = _lacking(session, needed)
    if lacking:
        step.note(f"installing Flux {FLUX.version}")
        for command in commands(session):
            run(command)
        missing = _lacking(session, needed)
        if missing:
            raise PenstockError(
                f"flux succeeded, but {' and '.join(missing)} isn't available in version {FLUX.version}",
                f"KUBECONFIG={session.state.kubeconfig} kubectl -n {NAMESPACE} describe deployments",
            )
    # Recorded for an existing Flux too.
    session.recorded.flux = FLUX.version
    session.note()
    return f"Flux {FLUX.version}" + (" installed" if lacking else "")


def commands(session: Session) -> list[Command]:
    """The commands that `install` runs without an existing Flux."""
    return [flux_cli.installation(session.state.kubeconfig, controllers(session), session.timeout)]


def controllers(session: Session) -> list[str]:
    """The controllers that the manifests need; alerts and receivers need notification-controller."""
    alerts = any(item.ref.group == _NOTIFICATION for item in session.manifests.all_objects())
    return [*flux.CONTROLLERS, *(["notification-controller"] if alerts else [])]


def _lacking(session: Session, needed: list[str]) -> list[str]:
    """The controllers that aren't available in the pinned version."""
    is_available = {}
    for item in session.kubectl.read(Controller, "deployments", "-n", NAMESPACE):
        version = item.metadata.labels.get(_VERSION_LABEL, "").lstrip("v")
        is_available[item.metadata.name] = version == FLUX.version and item.status.available_replicas > 0
    return [name for name in needed if not is_available.get(name)]
