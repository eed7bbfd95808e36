"""flux whose `install` leaves what the real one leaves, the controllers being local processes: $FAKES/flux.

$FAKE_FLUX makes it misbehave.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path

HERE = Path(os.environ["FAKES"])
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


def install() -> None:
    from penstock.cluster.processes import free_port
    from penstock.core.process import spawn
    from penstock.gitops.objects import namespace
    from penstock.kube.flux import NAMESPACE
    from penstock.tools import flux
    from penstock.tools.kubectl import Kubectl

    parser = ArgumentParser()
    for option in ("kubeconfig", "version", "components", "network-policy", "timeout"):
        parser.add_argument(f"--{option}")
    given = parser.parse_args(sys.argv[2:])
    kubeconfig = Path(given.kubeconfig)
    if MOOD == "half":
        Kubectl(kubeconfig).apply([namespace()], "flux")
        sys.exit("✗ install failed: context deadline exceeded")
    if MOOD == "nonsense":
        print("✔ install finished")
        return
    kubectl = Kubectl(kubeconfig)
    kubectl.apply([namespace()], "flux")
    kubectl.run("apply", "--server-side", *(word for path in flux.crds() for word in ("-f", path)))
    kubectl.apply([deployment(name, NAMESPACE, given.version) for name in given.components.split(",")], "flux")
    (HERE / "flux").mkdir(exist_ok=True)
    commands = {
        "source-controller": flux.source_controller(kubeconfig, HERE / "flux", free_port()),
        "kustomize-controller": flux.kustomize_controller(kubeconfig, HERE / "flux"),
    }
    for name, command in commands.items():
        (HERE / "pids" / name).write_text(str(spawn(command, HERE / f"{name}.log")))
        kubectl.run("rollout", "status", f"deployment/{name}", "-n", NAMESPACE, "--timeout=60s")
    print("✔ install finished")


with (HERE / "calls").open("a") as calls:
    calls.write(f"flux {' '.join(sys.argv[1:])}\n")
if sys.argv[1] == "--version":
    print({"old": "flux version 2.3.0", "silent": "flux"}.get(MOOD, "flux version 2.9.4"))
elif sys.argv[1] == "install":
    install()
else:
    sys.exit(f"✗ unknown command {sys.argv[1]}")
