"""The state shared by the phases of `inv up`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from penstock.cluster.providers.provider import Provider
from penstock.cluster.state import ClusterState, State
from penstock.platform import environments
from penstock.platform.cluster import Cluster
from penstock.platform.layout import Layout
from penstock.platform.manifests import Manifests
from penstock.tools.archives import Archive
from penstock.tools.kubectl import Kubectl


@dataclass(frozen=True)
class Session:
    """One cluster of one environment.

    `timeout` is the deadline of each wait, in seconds; `cluster` has the settings of the environment's file. `archives`
    are loaded into the nodes.
    """

    layout: Layout
    environment: str
    state: State
    recorded: ClusterState
    timeout: float
    provider: Provider
    cluster: Cluster = field(default_factory=Cluster)
    archives: tuple[Archive, ...] = ()

    @property
    def kubectl(self) -> Kubectl:
        """kubectl with the cluster's kubeconfig."""
        return Kubectl(self.state.kubeconfig)

    @cached_property
    def manifests(self) -> Manifests:
        """The manifests of the environment; read once and cached."""
        return Manifests(self.layout.tree(self.environment))

    @cached_property
    def place(self) -> str:
        """The folder of the manifests in the repository that Flux reads; empty for all of it."""
        return environments.place(self.layout, self.environment)

    @property
    def bootstrap(self) -> list[str]:
        """The components of this environment that phase 1 applies, in order."""
        return [name for name in self.cluster.bootstrap if name in self.manifests.components]

    def reached(self, phase: int) -> None:
        """Record that a phase is complete."""
        self.recorded.phase = max(self.recorded.phase, phase)
        self.note()

    def note(self) -> None:
        """Save `recorded`."""
        self.state.write(self.recorded)
