"""The settings of an environment's cluster: the key `cluster` in its file."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from penstock.core.model import Strict

# k3d accepts 32 characters, and nodes use the name as host name.
Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
Label = Annotated[str, msgspec.Meta(pattern="^[^=]+=[^=]*$")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class InDocker(Strict, frozen=True, kw_only=True):
    """A cluster in Docker. `image` is that of the nodes; `http` and `https` are the Gateway's ports on 127.0.0.1.

    `more_nodes` is the setting that adds nodes to the first one.
    """

    more_nodes: ClassVar[str]
    image: str
    http: Port = 80
    https: Port = 443

    @property
    def forwarded(self) -> dict[int, int]:
        """Port of the nodes -> port of 127.0.0.1 that leads to it."""
        return {80: self.http, 443: self.https}

    @property
    def pod_nodes(self) -> int:
        """The number of nodes that pods of the platform may run on."""
        return 1

    @property
    def node_labels(self) -> list[str]:
        """The labels (`key=value`) of the nodes whose ports are forwarded, as far as the settings decide them."""
        return []


class K3d(InDocker, frozen=True, kw_only=True):
    """k3s in Docker; its load balancer forwards to every node."""

    more_nodes: ClassVar[str] = "agents"
    servers: Annotated[int, msgspec.Meta(ge=1)] = 1
    agents: Annotated[int, msgspec.Meta(ge=0)] = 0

    @property
    def pod_nodes(self) -> int:
        """Servers and agents."""
        return self.servers + self.agents


class Kind(InDocker, frozen=True, kw_only=True):
    """Kubernetes in Docker. The image is pinned by digest.

    The control plane has a single node, which gets `gatewayLabel`: it runs the Gateway, whose ports Docker forwards.
    """

    more_nodes: ClassVar[str] = "workers"
    gateway_label: Label = msgspec.field(default="penstock/gateway=true", name="gatewayLabel")
    workers: Annotated[int, msgspec.Meta(ge=0)] = 0

    @property
    def pod_nodes(self) -> int:
        """The workers, or the control plane's node if there are none: else it takes no other pods."""
        return self.workers or 1

    @property
    def node_labels(self) -> list[str]:
        """The label of the control plane's node."""
        return [self.gateway_label]


class Existing(Strict, frozen=True):
    """An existing cluster. `server` is the address of its API server; a context with a different one is refused."""

    server: str


class Cluster(Strict, frozen=True):
    """The cluster of an environment: its name, the DNS domain of its Services, and the settings of its providers.

    `bootstrap` lists the components that phase 1 of `inv up` applies before Flux, in order. `k3d`, `kind` and
    `existing` are the settings of that provider, which an environment without the key can't use. All can use kwok. With
    `imageCache`, the nodes of k3d and kind pull through caches, one for each registry, which `inv down` keeps.
    """

    name: Name = "penstock"
    domain: str = "cluster.local"
    bootstrap: list[str] = []
    image_cache: bool = msgspec.field(default=True, name="imageCache")
    k3d: K3d | None = None
    kind: Kind | None = None
    existing: Existing | None = None

    @property
    def in_docker(self) -> dict[str, InDocker]:
        """The settings of each provider that forwards ports of this machine, by its key."""
        return {key: item for key in self.__struct_fields__ if isinstance(item := getattr(self, key), InDocker)}
