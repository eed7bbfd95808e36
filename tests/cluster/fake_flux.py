"""A `flux` that does in a cluster of simulated pods what the real one does: its install brings Flux up, and it works.

What flux deploys as pods is deployed, and simulated like all pods there; the real controllers run beside it as
processes, whose pids go to a file in $FAKE_FLUX.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from penstock.cluster.processes import free_port
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


def install(kubectl: Kubectl, components: list[str], folder: Path) -> None:
    kubectl.run("apply", "--server-side", *(word for path in flux.crds() for word in ("-f", path)), timeout=120)
    kubectl.apply([objects.namespace(), *map(deployment, components)], "flux")
    for name in components:
        kubectl.run("rollout", "status", f"deployment/{name}", "-n", NAMESPACE, "--timeout=60s")
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
    if words == ["--version"]:
        sys.stdout.write(f"flux version {version}\n")
        return
    with (folder / "asked").open("a") as asked:
        asked.write(" ".join(words) + "\n")
    given = dict(word.removeprefix("--").split("=", 1) for word in words if word.startswith("--"))
    assert words[0] == "install"
    assert given["version"] == f"v{version}"
    # What flux is given is the cluster's alone, and the controllers outlive the folder that it lies in.
    own = folder / "kubeconfig"
    own.write_bytes(Path(given["kubeconfig"]).read_bytes())
    install(Kubectl(own), given["components"].split(","), folder)


if __name__ == "__main__":
    main(sys.argv[1:])
