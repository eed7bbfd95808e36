"""What is to be known of a cluster that failed, in files: collected before it is taken down."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.gates.e2e.trial import Trial

# What could not be collected, and why: a missing file must not look like a healthy part.
MISSING = "NOT-COLLECTED.txt"
_SECONDS = 60.0
_LINES = 3000
_CILIUM = ["exec", "daemonset/cilium", "-n", "kube-system", "-c", "cilium-agent", "--"]
_KUBECTL = {
    "nodes.txt": ["describe", "nodes"],
    "events.txt": ["get", "events", "-A", "--sort-by=.lastTimestamp"],
    "pods.txt": ["get", "pods", "-A", "-o", "wide"],
    "pods-described.txt": ["describe", "pods", "-A"],
    "services.txt": ["get", "services,endpointslices", "-A", "-o", "wide"],
    "claims.txt": ["get", "persistentvolumeclaims,persistentvolumes", "-A"],
    "flux.txt": ["describe", "kustomizations.kustomize.toolkit.fluxcd.io", "-A"],
    "flux-sources.txt": ["describe", "gitrepositories.source.toolkit.fluxcd.io", "-A"],
    "gateway.txt": ["describe", "gateways.gateway.networking.k8s.io,httproutes.gateway.networking.k8s.io", "-A"],
    "cilium-status.txt": [*_CILIUM, "cilium-dbg", "status", "--verbose"],
    "cilium-services.txt": [*_CILIUM, "cilium-dbg", "service", "list"],
    "cilium-endpoints.txt": [*_CILIUM, "cilium-dbg", "endpoint", "list"],
    "hubble.txt": [*_CILIUM, "hubble", "observe", "--last", "500"],
}


def collect(trial: Trial, folder: Path) -> None:
    """Write what can be known into `folder`; what can't goes into NOT-COLLECTED.txt and is warned of."""
    folder.mkdir(parents=True, exist_ok=True)
    missing: list[str] = []

    def keep(name: str, ask: Callable[[], str]) -> None:
        try:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(ask())
        except (PenstockError, OSError) as error:
            missing.append(f"{name}: {' '.join(str(error).split())}")

    kubectl = trial.kubectl
    keep("status.json", lambda: trial.ask("status", "-e", trial.environment, "--json", seconds=_SECONDS).text)
    for name, words in _KUBECTL.items():
        keep(name, lambda words=words: kubectl.run(*words, timeout=_SECONDS).text)  # type: ignore[misc]
    for namespace, pod, restarted in _pods(trial, missing):
        words = ["logs", "-n", namespace, pod, "--all-containers", "--prefix", f"--tail={_LINES}"]
        keep(f"logs/{namespace}/{pod}.log", lambda words=words: kubectl.run(*words, timeout=_SECONDS).text)  # type: ignore[misc]
        for container in restarted:
            before = ["logs", "-n", namespace, pod, "-c", container, "--previous", f"--tail={_LINES}"]
            name = f"logs/{namespace}/{pod}.{container}.previous.log"
            keep(name, lambda words=before: kubectl.run(*words, timeout=_SECONDS).text)  # type: ignore[misc]
    if trial.state.logs.is_dir():
        shutil.copytree(trial.state.logs, folder / "local", dirs_exist_ok=True)
    if missing:
        (folder / MISSING).write_text("\n".join([*missing, ""]))
        for line in missing:
            console.warn(f"not collected: {line[:300]}")
    console.info(f"    what is known of the cluster is in {folder}")


def _pods(trial: Trial, missing: list[str]) -> list[tuple[str, str, list[str]]]:
    """Namespace and name of every pod, and those of its containers that were started anew."""
    try:
        pods = trial.kubectl.get("pods", "-A")
    except PenstockError as error:
        missing.append(f"logs: {error.message}")
        return []
    return [
        (
            item["metadata"]["namespace"],
            item["metadata"]["name"],
            [each["name"] for each in item["status"].get("containerStatuses", []) if each.get("restartCount")],
        )
        for item in pods
    ]
