"""An existing cluster, with what belongs to it: a kubeconfig, a private remote, a flux program on PATH."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from penstock.cluster import volumes
from penstock.cluster.processes import free_port, free_ports
from penstock.cluster.providers import kwok
from penstock.core import yaml
from penstock.core.process import run
from penstock.gitops import server
from penstock.platform.layout import ENGINE
from penstock.platform.manifests import Manifests
from penstock.tools.kubectl import Kubectl
from penstock.tools.kwokctl import Kwokctl
from support import Platform, copy_platform

CONTEXT = "kwok-others"
TOKEN = "a-token-for-reading"
_NETWORK = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: network, namespace: kube-system}
spec:
  selector: {matchLabels: {app: network}}
  template:
    metadata: {labels: {app: network}}
    spec: {containers: [{name: network, image: registry.example/network:1}]}
"""


@dataclass(frozen=True)
class Others:
    """The platform in a clone of a remote, and all that is around it."""

    platform: Platform
    folder: Path
    kubeconfig: Path
    remote: Path

    @property
    def kubectl(self) -> Kubectl:
        """kubectl for the cluster, as its owners have it."""
        return Kubectl(self.kubeconfig)

    @property
    def env(self) -> dict[str, str]:
        """What the user has."""
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "FAKE_FLUX": str(self.folder / "flux"),
        }

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a verb; what never comes is not waited for as long as in a real cluster."""
        bound = ["--timeout=90"] if words[0] in ("up", "sync") and "--timeout" not in words else []
        return self.platform.run(*words, *bound, env={**self.env, **more})

    def succeed(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a verb, which must end well."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done

    def push(self, message: str) -> str:
        """Hydrate, commit and push; gives the commit."""
        self.succeed("hydrate")
        self.platform.commit(message)
        self.platform.git("push", "--quiet", "origin", "main")
        return self.platform.git("rev-parse", "HEAD")


@contextmanager
def others(folder: Path) -> Iterator[Others]:
    """A cluster of simulated pods, and a platform that is to run in it, pushed to its remote."""
    control_plane = Kwokctl(folder / "kwok", "others")
    kubeconfig, remote = folder / "config", folder / "git" / server.NAME
    for name in ("flux", "bin", "git"):
        (folder / name).mkdir()
    _program(folder / "bin" / "flux", ENGINE / "tests" / "cluster" / "fake_flux.py")
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", remote], check=True)
    serving, address = _serve(remote.parent)
    try:
        control_plane.configure(free_ports(6))
        run(control_plane.creation(kubeconfig))
        config = yaml.parse(kubeconfig.read_text())
        platform = _platform(folder / "platform", config["clusters"][0]["cluster"]["server"], address, remote)
        made = Others(platform, folder, kubeconfig, remote)
        made.push("Start")
        simulated = [kwok._node("node-0"), *volumes.volumes(Manifests(platform.tree).all_objects())]
        made.kubectl.apply(simulated, "others")
        # Contexts of other clusters, and comments: what must be left alone byte for byte.
        config["contexts"].append({"name": "elsewhere", "context": {"cluster": "elsewhere", "user": CONTEXT}})
        config["clusters"].append({"name": "elsewhere", "cluster": {"server": "https://elsewhere.example"}})
        kubeconfig.write_text("# mine\n" + yaml.dump(config))
        with _kubelet(made.kubectl):
            yield made
    finally:
        serving.terminate()
        serving.communicate()
        pids = [int(line) for file in folder.glob("flux/pids") for line in file.read_text().split()]
        _end([*pids, *(control_plane.pids().values() if control_plane.folder.is_dir() else [])])


def _platform(root: Path, address: str, remote_url: str, remote: Path) -> Platform:
    platform = copy_platform("a-running-platform", root)
    # Their definitions come from a Git server of the world outside.
    for name in ("kinds", "classes"):
        subprocess.run(["rm", "-r", platform.root / "components" / name], check=True)
    overlay = "components/network/kustomize/overlays/local"
    platform.write(f"{overlay}/kustomization.yaml", "resources: [network.yaml]\n")
    platform.write(f"{overlay}/network.yaml", _NETWORK)
    settings = {"name": "theirs", "bootstrap": ["spaces", "network"], "existing": {"server": address}}
    platform.write("environments/local.yaml", yaml.dump({"cluster": settings, "who": "world"}))
    platform.git("remote", "add", "origin", remote_url)
    platform.git("remote", "set-url", "--push", "origin", str(remote))
    return platform


def _program(path: Path, script: Path) -> None:
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n')
    path.chmod(0o755)


def _serve(folder: Path) -> tuple[subprocess.Popen[str], str]:
    port = free_port()
    argv = [sys.executable, "-m", "penstock.gitops.server", str(folder), "127.0.0.1", str(port)]
    env = {**os.environ, server.TOKEN: TOKEN}
    process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("serving")
    return process, f"http://{server.USER}:{TOKEN}@127.0.0.1:{port}/{server.NAME}"


@contextmanager
def _kubelet(kubectl: Kubectl) -> Iterator[None]:
    """Ends the containers of the pod that checks names; what is simulated else would run for ever."""
    ended = threading.Event()
    pod = ["pod/penstock-dns-check", "-n", "kube-system"]
    state = {"state": {"terminated": {"exitCode": 0}}, "image": "", "imageID": "", "ready": False, "restartCount": 0}
    done = [{"name": name, **state} for name in ("cluster", "external")]
    status = json.dumps({"status": {"phase": "Succeeded", "containerStatuses": done}})

    def work() -> None:
        while not ended.is_set():
            found = kubectl.run("wait", "--for=create", *pod, "--timeout=5s", ok=(0, 1))
            if not found.code:
                kubectl.run("patch", *pod, "--subresource=status", "--type=merge", "-p", status, ok=(0, 1))
                kubectl.run("wait", "--for=delete", *pod, "--timeout=1s", ok=(0, 1))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _end(pids: list[int]) -> None:
    found = []
    for pid in pids:
        if psutil.pid_exists(pid):
            process = psutil.Process(pid)
            process.kill()
            found.append(process)
    psutil.wait_procs(found, timeout=10)
