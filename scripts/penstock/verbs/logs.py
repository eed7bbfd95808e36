"""inv logs: print the log of a local process or, if pods run, of a workload."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from penstock.cluster.session import Session
from penstock.cluster.workloads import workloads
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.kube.flux import NAMESPACE
from penstock.verbs.target import looking


def logs(name: str, environment: str, lines: int) -> None:
    """Print the last lines of a log; raises PenstockError with the nearest name for an unknown one."""
    session = looking(environment)
    if name in session.recorded.processes:
        _of_process(name, Path(session.recorded.processes[name].log), lines)
        return
    pods = _workloads(session)
    if name not in pods:
        known = sorted([*session.recorded.processes, *pods])
        hint = did_you_mean(name, known, f"the names are {', '.join(known) or 'none'}")
        raise PenstockError(f"there is no {'process or workload' if pods else 'process'} `{name}`", hint)
    namespace, workload = pods[name]
    words = ["logs", "-n", namespace, workload, "--all-pods", "--all-containers", "--prefix", f"--tail={lines}"]
    console.out(session.kubectl.run(*words).text.rstrip("\n"))


def _of_process(name: str, path: Path, lines: int) -> None:
    if not path.is_file():
        raise PenstockError(f"{name} wrote no log: {path} is not there", "inv up")
    with path.open(errors="replace") as file:
        for line in deque(file, maxlen=lines):
            console.out(line.rstrip("\n"))


def _workloads(session: Session) -> dict[str, tuple[str, str]]:
    """Map the names of workloads to namespace and kind/name; empty if no pods run.

    The names are namespace/name, and for Flux's controllers also the name alone.
    """
    if not session.provider.runs_pods or not session.kubectl.is_ready():
        return {}
    found = {}
    for item in workloads(session.kubectl):
        place = (item.namespace, f"{item.kind.lower()}/{item.name}")
        found[f"{item.namespace}/{item.name}"] = place
        if item.namespace == NAMESPACE:
            found[item.name] = place
    return found
