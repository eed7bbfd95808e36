"""A `flux` for a cluster of simulated pods: `install --export` prints Flux's objects; once applied, Flux works.

The pods are simulated like all pods there; the real controllers run beside them as processes, whose pids go to a file
in $FAKE_FLUX.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from penstock.cluster import crds
from penstock.cluster.processes import free_port
from penstock.cluster.waiting import until
from penstock.core import yaml
from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.process import Command, spawn
from penstock.gitops import objects
from penstock.kube.flux import NAMESPACE
from penstock.tools import flux
from penstock.tools.kubectl import Kubectl
from penstock.tools.on_path import FLUX


def deployment(name: str) -> dict[str, Any]:
    labels = {"app": name, "app.kubernetes.io/version": f"v{FLUX.version}"}
    container = {"name": "manager", "image": f"ghcr.io/fluxcd/{name}:v1", "args": ["--log-level=info"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        },
    }


def export(components: list[str]) -> None:
    """Print the objects that Flux consists of."""
    definitions = [yaml.parse(path.read_text()) for path in flux.crds()]
    sys.stdout.write(yaml.dump_all([objects.namespace(), *definitions, *map(deployment, components)]))


def serve(folder: Path) -> None:
    """Run the controllers once their definitions are in the cluster."""
    kubectl = Kubectl(folder / "kubeconfig")
    expected = {yaml.parse(path.read_text())["metadata"]["name"] for path in flux.crds()}

    def served() -> bool | None:
        found = crds.names(kubectl)
        return True if all(found.get(name) for name in expected) else None

    until(served, 60, Step(""), "the definitions", lambda: PenstockError("not applied", "look at the test"))
    (folder / "artifacts").mkdir()
    source = flux.source_controller(kubectl.kubeconfig, folder / "artifacts", free_port())
    kustomize = flux.kustomize_controller(kubectl.kubeconfig, folder / "artifacts")
    start([source, kustomize], folder)


def start(commands: list[Command], folder: Path) -> None:
    with (folder / "pids").open("a") as pids:
        pids.writelines(f"{spawn(command, folder / 'log')}\n" for command in commands)


def main(words: list[str]) -> None:
    folder = Path(os.environ["FAKE_FLUX"])
    version = os.environ.get("FAKE_FLUX_VERSION", FLUX.version)
    if words == ["serve"]:
        serve(folder)
        return
    if words == ["--version"]:
        sys.stdout.write(f"flux version {version}\n")
        return
    with (folder / "asked").open("a") as asked:
        asked.write(" ".join(words) + "\n")
    given = dict(word.removeprefix("--").split("=", 1) for word in words if "=" in word)
    assert words[:2] == ["install", "--export"]
    assert given["version"] == f"v{version}"
    export(given["components"].split(","))
    # The cluster of the tests is the only context that the user's kubeconfig has a server for. The controllers outlive
    # the folder that the platform's copy lies in.
    own = folder / "kubeconfig"
    if not own.exists():
        own.write_bytes(Path(os.environ["KUBECONFIG"]).read_bytes())
        argv = [sys.executable, __file__, "serve"]
        subprocess.Popen(argv, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main(sys.argv[1:])
