"""Flux in a cluster with running pods: the flux CLI installs its pinned version."""

from __future__ import annotations

from functools import cache, partial

from penstock.cluster import crds
from penstock.cluster.actions import Action, Plan, Work
from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command, run
from penstock.core.yaml import parse_all
from penstock.kube.fields import KubeStruct
from penstock.kube.flux import NAMESPACE
from penstock.kube.live import Controller
from penstock.kube.pods import PodController
from penstock.kube.ref import Content
from penstock.tools import flux, flux_cli
from penstock.tools.on_path import FLUX

_NOTIFICATION = "notification.toolkit.fluxcd.io"
# The field manager of the flux CLI.
_MANAGER = "flux"
_VERSION_LABEL = "app.kubernetes.io/version"


class _Deployment(KubeStruct, frozen=True):
    spec: PodController


def install(session: Session, step: Step) -> Plan:
    """Install the controllers that the manifests need, unless they already run in the pinned version.

    `flux install` has no setting for the flags of a controller, and a change of them afterwards starts its pod twice:
    its objects are changed before they are applied.
    """
    needed = controllers(session)
    lacking = cache(lambda: bool(_lacking(session, needed)))

    # An existing Flux keeps its flags.
    @cache
    def wanted() -> bool:
        return lacking() or (session.provider.makes and not _is_tuned(session))

    kubectl, timeout = session.kubectl, session.timeout
    found: list[Content] = []
    about = f"the objects of Flux {FLUX.version}"
    yield Action(partial(flux_cli.export, needed), about, wanted, lambda command: found.extend(_exported(command)))

    def define(command: Command) -> None:
        crds.await_established(kubectl, crds.in_output(kubectl.carry_out(command).text), step)

    tuned = f"Flux {FLUX.version}, {flux.KUSTOMIZE_CONTROLLER} with {' '.join(flux.PARALLEL)}"
    yield Action(lambda: kubectl.applying(found, _MANAGER), tuned, wanted, define)
    for name in needed:
        ready = ["rollout", "status", f"deployment/{name}", "-n", NAMESPACE, f"--timeout={timeout:.0f}s"]
        yield Action(partial(kubectl.command, *ready, timeout=timeout + 30), name, wanted)
    yield Work("", lambda: _installed(session, needed, lacking()))


def _exported(command: Command) -> list[Content]:
    """Return the objects that the flux CLI would apply, kustomize-controller with our flags."""
    found: list[Content] = [item for item in parse_all(run(command).stdout, "flux install --export") if item]
    for item in found:
        if (item.get("kind"), item["metadata"]["name"]) == ("Deployment", flux.KUSTOMIZE_CONTROLLER):
            item["spec"]["template"]["spec"]["containers"][0]["args"].extend(flux.PARALLEL)
    if not found:
        raise PenstockError("`flux install --export` printed no objects", FLUX.fix)
    return found


def controllers(session: Session) -> list[str]:
    """Return the controllers that the manifests need; alerts and receivers need notification-controller."""
    alerts = any(item.ref.group == _NOTIFICATION for item in session.manifests.all_objects())
    return [*flux.CONTROLLERS, *(["notification-controller"] if alerts else [])]


def _installed(session: Session, needed: list[str], now: bool) -> str:
    """Record Flux's version, of an existing Flux too; raises PenstockError if the installation did not help."""
    missing = _lacking(session, needed) if now else []
    if missing:
        raise PenstockError(
            f"Flux was applied, but is not available in version {FLUX.version}: {', '.join(missing)}",
            f"KUBECONFIG={session.state.kubeconfig} kubectl -n {NAMESPACE} describe deployments",
        )
    session.recorded.flux = FLUX.version
    session.note()
    return f"Flux {FLUX.version}" + (" installed" if now else "")


def _is_tuned(session: Session) -> bool:
    """Whether kustomize-controller has the flags; False if it doesn't exist."""
    deployment = session.kubectl.read_one(_Deployment, "deployment", flux.KUSTOMIZE_CONTROLLER, NAMESPACE)
    containers = deployment.spec.template.spec.containers if deployment else []
    return any(set(flux.PARALLEL) <= set(item.args) for item in containers)


def _lacking(session: Session, needed: list[str]) -> list[str]:
    """Return the controllers that aren't available in the pinned version."""
    is_available = {}
    for item in session.kubectl.read(Controller, "deployments", "-n", NAMESPACE):
        version = item.metadata.labels.get(_VERSION_LABEL, "").lstrip("v")
        is_available[item.metadata.name] = version == FLUX.version and item.status.available_replicas > 0
    return [name for name in needed if not is_available.get(name)]
