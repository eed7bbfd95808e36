"""flux whose `install --export` prints what the real one prints; the controllers are local processes: $FAKES/flux.

$FAKE_FLUX makes it misbehave.
"""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

HERE = Path(os.environ["FAKES"])
KUBECONFIG = HERE / "kubeconfig"
MOOD = os.environ.get("FAKE_FLUX", "")


def deployment(name: str, namespace: str, version: str) -> dict[str, object]:
    labels = {"app": name}
    container = {"name": "manager", "image": f"ghcr.io/fluxcd/{name}:v1", "args": ["--log-level=info"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/version": version, "app.kubernetes.io/part-of": "flux"},
        },
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def export() -> None:
    """Print the objects, and run the controllers once their definitions are in the cluster."""
    from penstock.core import yaml
    from penstock.gitops.objects import namespace
    from penstock.kube.flux import NAMESPACE
    from penstock.tools import flux

    parser = ArgumentParser()
    parser.add_argument("--export", action="store_true", required=True)
    for option in ("version", "components", "network-policy"):
        parser.add_argument(f"--{option}")
    given = parser.parse_args(sys.argv[2:])
    if MOOD == "half":
        sys.exit("✗ install failed: context deadline exceeded")
    if MOOD == "nonsense":
        return
    version = "v2.3.0" if MOOD == "other" else given.version
    definitions = [yaml.parse(path.read_text()) for path in flux.crds()]
    deployments = [deployment(name, NAMESPACE, version) for name in given.components.split(",")]
    print(yaml.dump_all([namespace(), *definitions, *deployments]))
    if KUBECONFIG.is_file() and not (HERE / "flux").exists():
        (HERE / "flux").mkdir()
        serving = [sys.executable, __file__, "serve"]
        with (HERE / "serve.log").open("w") as log:
            subprocess.Popen(serving, start_new_session=True, stdout=subprocess.DEVNULL, stderr=log)


def serve() -> None:
    from penstock.cluster import crds
    from penstock.cluster.processes import free_port
    from penstock.cluster.waiting import until
    from penstock.core import yaml
    from penstock.core.console import Step
    from penstock.core.errors import PenstockError
    from penstock.core.process import spawn
    from penstock.tools import flux
    from penstock.tools.kubectl import Kubectl

    expected = {yaml.parse(path.read_text())["metadata"]["name"] for path in flux.crds()}
    kubectl = Kubectl(KUBECONFIG)

    def served() -> bool | None:
        found = crds.names(kubectl)
        return True if all(found.get(name) for name in expected) else None

    until(served, 60, Step(""), "the definitions", lambda: PenstockError("not applied", "look at the test"))
    commands = {
        "source-controller": flux.source_controller(KUBECONFIG, HERE / "flux", free_port()),
        "kustomize-controller": flux.kustomize_controller(KUBECONFIG, HERE / "flux"),
    }
    for name, command in commands.items():
        (HERE / "pids" / name).write_text(str(spawn(command, HERE / f"{name}.log")))


with (HERE / "calls").open("a") as calls:
    calls.write(f"flux {' '.join(sys.argv[1:])}\n")
if sys.argv[1] == "--version":
    print({"old": "flux version 2.3.0", "silent": "flux"}.get(MOOD, "flux version 2.9.4"))
elif sys.argv[1] == "install":
    export()
elif sys.argv[1] == "serve":
    serve()
else:
    sys.exit(f"✗ unknown command {sys.argv[1]}")
