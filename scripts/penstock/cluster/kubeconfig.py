"""The cluster's context in the user's kubeconfig, added only on request."""

from __future__ import annotations

import json
import os
from pathlib import Path

from penstock.cluster.session import Session
from penstock.cluster.state import ClusterState
from penstock.core.files import write_atomically, writing
from penstock.core.process import Command, run
from penstock.tools.resolver import resolve


def users_own() -> Path:
    """Return the kubeconfig that the user's kubectl writes: the first path of $KUBECONFIG, else ~/.kube/config."""
    first = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    return Path(first) if first else Path.home() / ".kube" / "config"


def merge(session: Session, target: Path) -> str:
    """Add the cluster's context to `target`, with mode 0600, without making it current, and return its name."""
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        both = os.pathsep.join(str(path) for path in (target, session.state.kubeconfig) if path.is_file())
        argv: list[str | Path] = [resolve("kubectl"), "config", "view", "--flatten", "--raw"]
        merged = run(Command(argv, env={"KUBECONFIG": both})).stdout
        write_atomically(target, merged, 0o600)
    session.recorded.merged_into = str(target)
    session.state.write(session.recorded)
    return _config(session.state.kubeconfig, "current-context")


def unmerge(recorded: ClusterState, kubeconfig: Path) -> None:
    """Remove the entries that `merge` added to the user's kubeconfig."""
    target = Path(recorded.merged_into)
    if not recorded.merged_into or not target.is_file() or not kubeconfig.is_file():
        return
    ours = json.loads(_config(kubeconfig, "view", "-o", "json"))
    if _config(target, "current-context", ok=(0, 1)) == ours["current-context"]:
        _config(target, "unset", "current-context")
    for kind in ("context", "cluster", "user"):
        for item in ours[f"{kind}s"]:
            _config(target, f"delete-{kind}", item["name"], ok=(0, 1))


def _config(kubeconfig: Path, *argv: str, ok: tuple[int, ...] = (0,)) -> str:
    return run(Command([resolve("kubectl"), "config", "--kubeconfig", kubeconfig, *argv], ok=ok)).text.strip()
