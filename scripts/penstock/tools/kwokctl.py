"""Adapter for kwokctl: a real control plane as local processes, with simulated nodes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock.core import yaml
from penstock.core.model import Json
from penstock.core.process import Command, run
from penstock.tools.resolver import resolve

PROGRAMS = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kwokctl", "kubectl"]

_PORTS = [
    "etcdPort",
    "etcdPeerPort",
    "kubeApiserverPort",
    "kubeControllerManagerPort",
    "kubeSchedulerPort",
    "kwokControllerPort",
]
# Each runs once. Its lease would expire while a laptop sleeps or etcd is down, and the process would exit.
_ELECTED = ["kube-controller-manager", "kube-scheduler"]
_NO_ELECTION = {"key": "leader-elect", "value": "false"}
# kube-apiserver's own range, 10.0.0.0/24, is full after 254 Services. This one contains the ranges of k3s
# (10.43.0.0/16), kind (10.96.0.0/16) and EKS (10.100.0.0/16), so a Service that asks for an address gets it.
_ALL_SERVICES = {"key": "service-cluster-ip-range", "value": "10.0.0.0/8"}
# By default Go collects garbage when the heap has doubled, in a fifth of the API server's processor time while the
# shipped platform comes up. At four times the heap it is a tenth (its metric go_cpu_classes_gc_total), for 0.4 GB more.
_FEWER_COLLECTIONS = {"GOGC": "300"}


@dataclass(frozen=True)
class Kwokctl:
    """kwokctl for one cluster, with all of its files in `workdir`."""

    workdir: Path
    name: str

    @property
    def folder(self) -> Path:
        """The folder of the cluster: pids/, logs/, etcd/, pki/, kwok.yaml."""
        return self.workdir / "clusters" / self.name

    @property
    def exists(self) -> bool:
        """Whether the cluster was created."""
        return (self.folder / "kwok.yaml").is_file()

    @property
    def config(self) -> Path:
        """The file that `creation` reads."""
        return self.workdir / "penstock.yaml"

    def configure(self, ports: list[int]) -> None:
        """Write that file, with these six ports.

        kwokctl's own choice starts at the same port every time, so two clusters created at once would collide.
        """
        self.workdir.mkdir(parents=True, exist_ok=True)
        self.config.write_text(yaml.dump(_configuration(ports)))

    def creation(self, kubeconfig: Path) -> Command:
        """The command that creates and starts the cluster; it ends once the API server answers."""
        argv: list[str | Path] = ["--config", self.config, "create", "cluster", "--kubeconfig", kubeconfig]
        return self._command(*argv, "--wait", "60s")

    def start(self) -> None:
        """Start the cluster's processes for which kwokctl has no pid."""
        run(self._command("start", "cluster", "--wait", "60s"))

    def ports(self) -> dict[str, list[int]]:
        """Return the ports that each component listens on."""
        file = self.folder / "kwok.yaml"
        config = yaml.parse_all(file.read_bytes(), file)[0]
        return {
            component["name"]: [port["port"] for port in component.get("ports", [])]
            for component in config.get("components", [])
        }

    def pids(self) -> dict[str, int]:
        """Return the pid that kwokctl recorded for each component, which may no longer exist."""
        return {path.stem: int(path.read_text()) for path in sorted((self.folder / "pids").glob("*.pid"))}

    def forget(self, component: str) -> None:
        """Delete kwokctl's record of a pid, so that `start` restarts the component."""
        (self.folder / "pids" / f"{component}.pid").unlink(missing_ok=True)

    def _command(self, *arguments: str | Path) -> Command:
        argv = [resolve("kwokctl"), "--name", self.name, *arguments]
        env = {"KWOK_WORKDIR": str(self.workdir), "HOME": str(self.workdir), **_FEWER_COLLECTIONS}
        return Command(argv, env=env, timeout=180)


def _configuration(ports: list[int]) -> Json:
    return {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokctlConfiguration",
        "options": {
            "runtime": "binary",
            "bindAddress": "127.0.0.1",
            **dict(zip(_PORTS, ports, strict=True)),
            "etcdBinary": str(resolve("etcd")),
            "kubeApiserverBinary": str(resolve("kube-apiserver")),
            "kubeControllerManagerBinary": str(resolve("kube-controller-manager")),
            "kubeSchedulerBinary": str(resolve("kube-scheduler")),
            "kwokControllerBinary": str(resolve("kwok")),
            "kubectlBinary": str(resolve("kubectl")),
        },
        "componentsPatches": [
            {"name": "kube-apiserver", "extraArgs": [_ALL_SERVICES]},
            *({"name": name, "extraArgs": [_NO_ELECTION]} for name in _ELECTED),
        ],
    }
