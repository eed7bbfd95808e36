"""What the phases of one `inv up` share."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.cluster.state import Noted, State
from penstock.core.layout import Layout
from penstock.gitops.manifests import Manifests
from penstock.tools.kubectl import Kubectl


@dataclass(frozen=True)
class Session:
    """One cluster of one environment.

    `timeout` is the deadline of each wait, in seconds; `bootstrap` are the components that phase 1 applies, in order;
    `domain` is the DNS domain of Services.
    """

    layout: Layout
    environment: str
    state: State
    noted: Noted
    timeout: float
    bootstrap: tuple[str, ...] = ()
    domain: str = "cluster.local"

    @property
    def kubectl(self) -> Kubectl:
        """kubectl for the cluster."""
        return Kubectl(self.state.kubeconfig)

    @property
    def manifests(self) -> Manifests:
        """The tree that the cluster gets."""
        return Manifests(self.layout.tree(self.environment))

    def reached(self, phase: int) -> None:
        """Note that a phase is complete."""
        self.noted.phase = max(self.noted.phase, phase)
        self.state.write(self.noted)
