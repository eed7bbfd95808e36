"""The provider k3d: k3s in Docker, with Cilium instead of the bundled network and kube-proxy."""

from __future__ import annotations

from typing import Any

from penstock.cluster import image_cache
from penstock.cluster.providers.containers import Containers
from penstock.cluster.session import Session
from penstock.core.process import Command
from penstock.platform import cluster
from penstock.tools import docker, k3d
from penstock.tools.image_cache import registries_yaml
from penstock.tools.on_path import FLUX, K3D, Required


class K3d(Containers):
    """A cluster with the settings `cluster.k3d`."""

    name = "k3d"
    banner = "k3d: k3s in Docker, everything runs for real"
    label = "k3d.cluster"

    def programs(self) -> list[Required]:
        return [K3D, FLUX]

    def config(self, session: Session) -> dict[str, Any]:
        wanted = _settings(session)
        name, ports = session.recorded.cluster, wanted.forwarded
        mirrors = registries_yaml(image_cache.registries(session))
        return k3d.config(name, wanted.image, wanted.servers, wanted.agents, ports, mirrors, session.timeout)

    def creation(self, session: Session) -> Command:
        return k3d.creation(self.config_file(session), session.timeout)

    def kubeconfig(self, session: Session) -> bytes:
        return k3d.kubeconfig(session.recorded.cluster)

    def node_names(self, session: Session) -> list[str]:
        return [name for name in super().node_names(session) if not name.endswith("-serverlb")]

    def start(self, session: Session) -> None:
        k3d.start(session.recorded.cluster)

    def network(self, session: Session) -> str:
        return k3d.network(session.recorded.cluster)

    def deletion(self, session: Session) -> Command:
        return k3d.deletion(session.recorded.cluster, session.state.kubeconfig)

    def reason(self, complaint: str) -> str:
        return k3d.reason(complaint)

    def leavings(self, session: Session) -> tuple[list[str], list[str]]:
        networks = [name for name in docker.networks() if name == self.network(session)]
        return networks, docker.volumes(f"{self.label}={session.recorded.cluster}")


def _settings(session: Session) -> cluster.K3d:
    assert session.cluster.k3d is not None, "choose() asks whether the environment fits"
    return session.cluster.k3d
