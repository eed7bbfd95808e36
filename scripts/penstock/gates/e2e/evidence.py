"""Evidence of a failed trial: the cluster's state and logs as files, collected before it is taken down."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.gates.e2e.trial import Trial
from penstock.kube.live import Pod

# Lists what could not be collected, and why, so that a missing file doesn't look like a healthy component.
MISSING = "NOT-COLLECTED.txt"
_SECONDS = 60.0
_LINES = 3000
_SHOWN = 3
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
    """Write the evidence into `folder`; failures go into NOT-COLLECTED.txt, and the first ones are printed."""
    folder.mkdir(parents=True, exist_ok=True)
    missing: list[str] = []

    def keep(name: str, read: Callable[[], str]) -> None:
        try:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(read())
        except (PenstockError, OSError) as error:
            missing.append(f"{name}: {' '.join(str(error).split())}")

    if trial.state.kubeconfig.is_file():
        keep("status.json", lambda: trial.ask("status", "-e", trial.environment, "--json", seconds=_SECONDS).text)
        for name, argv in {**_KUBECTL, **_logs(trial, missing)}.items():
            keep(name, partial(_output, trial, argv))
    else:
        missing.append("everything: the cluster doesn't exist")
    if trial.state.logs.is_dir():
        shutil.copytree(trial.state.logs, folder / "local", dirs_exist_ok=True)
    if missing:
        (folder / MISSING).write_text("\n".join([*missing, ""]))
        for line in missing[:_SHOWN]:
            console.warn(f"not collected: {line[:200]}")
        if missing[_SHOWN:]:
            console.warn(f"not collected: {len(missing) - _SHOWN} more, listed in {MISSING}")
    console.info(f"    the evidence is in {folder}")


def _output(trial: Trial, argv: list[str]) -> str:
    return trial.kubectl.run(*argv, timeout=_SECONDS).text


def _logs(trial: Trial, missing: list[str]) -> dict[str, list[str]]:
    """File name -> kubectl arguments, for the log of each pod, and the previous log of each restarted container."""
    try:
        pods = trial.kubectl.read(Pod, "pods", "-A")
    except PenstockError as error:
        missing.append(f"logs: {error.message}")
        return {}
    commands = {}
    for item in pods:
        namespace, pod = item.metadata.namespace, item.metadata.name
        argv = ["logs", "-n", namespace, pod, f"--tail={_LINES}"]
        commands[f"logs/{namespace}/{pod}.log"] = [*argv, "--all-containers", "--prefix"]
        for each in item.status.container_statuses:
            if each.restart_count:
                name = f"logs/{namespace}/{pod}.{each.name}.previous.log"
                commands[name] = [*argv, "-c", each.name, "--previous"]
    return commands
