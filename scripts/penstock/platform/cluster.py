"""What an environment's file says of its cluster, under the key `cluster`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from penstock.core.model import Strict

# k3d takes no longer one, and it becomes the host name of a node.
Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
Label = Annotated[str, msgspec.Meta(pattern="^[^=]+=[^=]*$")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class K3d(Strict, frozen=True):
    """k3s in Docker. `image` is the node's, `http` and `https` are the ports of 127.0.0.1 that lead to the Gateway."""

    image: str
    servers: Annotated[int, msgspec.Meta(ge=1)] = 1
    agents: Annotated[int, msgspec.Meta(ge=0)] = 0
    http: Port = 80
    https: Port = 443


class Kind(Strict, frozen=True):
    """Kubernetes in Docker. `image` is the node's, by digest; `http` and `https` as with k3d.

    The only control plane is also the node with the Gateway, whose ports Docker forwards: it gets `gatewayLabel`.
    """

    image: str
    gateway_label: Label = msgspec.field(default="penstock/gateway=true", name="gatewayLabel")
    workers: Annotated[int, msgspec.Meta(ge=0)] = 0
    http: Port = 80
    https: Port = 443


class Existing(Strict, frozen=True):
    """A cluster that others made. `server` is the address of its API server: a context with another one is refused."""

    server: str


class Cluster(Strict, frozen=True):
    """The cluster of an environment: its name, the DNS domain of its Services, and what has to be there before Flux.

    `bootstrap` are components in the order in which phase 1 of `inv up` applies them. `k3d`, `kind` and `existing` say
    how that provider runs it; without its key an environment can't run there. Every one can run on kwok.
    """

    name: Name = "penstock"
    domain: str = "cluster.local"
    bootstrap: list[str] = []
    k3d: K3d | None = None
    kind: Kind | None = None
    existing: Existing | None = None
