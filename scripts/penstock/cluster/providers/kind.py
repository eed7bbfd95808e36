"""The provider kind: Kubernetes in Docker, with Cilium instead of the default network and kube-proxy."""

from __future__ import annotations

from typing import Any

from penstock.cluster import image_cache
from penstock.cluster.actions import Plan
from penstock.cluster.providers.containers import Containers
from penstock.cluster.session import Session
from penstock.core.process import Command
from penstock.platform import cluster
from penstock.tools import docker, kind, resolver
from penstock.tools.on_path import FLUX, Required


class Kind(Containers):
    """A cluster with the settings `cluster.kind`."""

    name = "kind"
    banner = "kind: Kubernetes in Docker, everything runs for real"
    label = "io.x-k8s.kind.cluster"

    def programs(self) -> list[Required]:
        return [FLUX]  # kind itself is built if it is missing

    def prepare(self) -> None:
        super().prepare()
        resolver.ensure(["kind"])

    def config(self, session: Session) -> dict[str, Any]:
        wanted = _settings(session)
        label, ports = wanted.gateway_label, wanted.forwarded
        return kind.config(session.recorded.cluster, wanted.image, wanted.workers, label, ports)

    def configure_caches(self, session: Session) -> Plan:
        return image_cache.configure(session, self.node_names(session))

    def creation(self, session: Session) -> Command:
        return kind.creation(self.config_file(session), session.state.kubeconfig, session.timeout)

    def kubeconfig(self, session: Session) -> bytes:
        return kind.kubeconfig(session.recorded.cluster)

    def start(self, session: Session) -> None:
        docker.start(self._containers(session))

    def network(self, session: Session) -> str:
        return kind.NETWORK

    def deletion(self, session: Session) -> Command:
        return kind.deletion(session.recorded.cluster, session.state.kubeconfig)

    def reason(self, complaint: str) -> str:
        return kind.reason(complaint)

    def leavings(self, session: Session) -> tuple[list[str], list[str]]:
        # Volumes are removed with their containers. All clusters of kind share a network, which kind never removes.
        came_with_it = session.recorded.network == kind.NETWORK and kind.NETWORK in docker.networks()
        return [kind.NETWORK] if came_with_it and not docker.attached(kind.NETWORK) else [], []


def _settings(session: Session) -> cluster.Kind:
    assert session.cluster.kind is not None, "choose() asks whether the environment fits"
    return session.cluster.kind
