"""Flux in a cluster with running pods: the flux CLI installs its pinned version."""

from __future__ import annotations

import json
from functools import cache, partial

from penstock.cluster.actions import Action, Plan, Work
from penstock.cluster.session import Session
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.kube.fields import KubeStruct
from penstock.kube.flux import NAMESPACE
from penstock.kube.live import Controller
from penstock.kube.pods import PodController
from penstock.tools import flux, flux_cli
from penstock.tools.on_path import FLUX

_NOTIFICATION = "notification.toolkit.fluxcd.io"
_ARGS = "/spec/template/spec/containers/0/args"
_VERSION_LABEL = "app.kubernetes.io/version"


class _Deployment(KubeStruct, frozen=True):
    spec: PodController


def install(session: Session, _: Step) -> Plan:
    """Install the controllers that the manifests need, unless they already run in the pinned version."""
    needed = controllers(session)
    lacking = cache(lambda: bool(_lacking(session, needed)))
    command = partial(flux_cli.installation, session.state.kubeconfig, needed, session.timeout)
    yield Action(command, f"Flux {FLUX.version}", lacking)

    # An existing Flux keeps its flags.
    @cache
    def slow() -> bool:
        return (lacking() or session.provider.makes) and not _is_tuned(session)

    deployment = f"deployment/{flux.KUSTOMIZE_CONTROLLER}"
    patch = f"--patch={json.dumps([{'op': 'add', 'path': f'{_ARGS}/-', 'value': flag} for flag in flux.PARALLEL])}"
    kubectl = session.kubectl
    patching = partial(kubectl.command, "patch", deployment, "-n", NAMESPACE, "--type=json", patch)
    yield Action(patching, f"{flux.KUSTOMIZE_CONTROLLER}: {' '.join(flux.PARALLEL)}", slow)
    ready = ["rollout", "status", deployment, "-n", NAMESPACE, f"--timeout={session.timeout:.0f}s"]
    yield Action(partial(kubectl.command, *ready, timeout=session.timeout + 30), flux.KUSTOMIZE_CONTROLLER, slow)
    yield Work("", lambda: _installed(session, needed, lacking()))


def controllers(session: Session) -> list[str]:
    """Return the controllers that the manifests need; alerts and receivers need notification-controller."""
    alerts = any(item.ref.group == _NOTIFICATION for item in session.manifests.all_objects())
    return [*flux.CONTROLLERS, *(["notification-controller"] if alerts else [])]


def _installed(session: Session, needed: list[str], now: bool) -> str:
    """Record Flux's version, of an existing Flux too; raises PenstockError if the installation did not help."""
    missing = _lacking(session, needed) if now else []
    if missing:
        raise PenstockError(
            f"flux succeeded, but {' and '.join(missing)} isn't available in version {FLUX.version}",
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
