"""The settings of an environment's cluster: the key `cluster` in its file."""

from __future__ import annotations

from typing import Annotated

import msgspec

from penstock.core.model import Strict

# k3d accepts 32 characters, and nodes use the name as host name.
Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
Label = Annotated[str, msgspec.Meta(pattern="^[^=]+=[^=]*$")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class K3d(Strict, frozen=True):
    """k3s in Docker. `image` is that of the nodes; `http` and `https` are the Gateway's ports on 127.0.0.1."""

    image: str
    servers: Annotated[int, msgspec.Meta(ge=1)] = 1
    agents: Annotated[int, msgspec.Meta(ge=0)] = 0
    http: Port = 80
    https: Port = 443


class Kind(Strict, frozen=True):
    """Kubernetes in Docker. `image` is that of the nodes, by digest; `http` and `https` are as for k3d.

    The control plane has a single node, which gets `gatewayLabel`: it runs the Gateway, whose ports Docker forwards.
    """

    image: str
    gateway_label: Label = msgspec.field(default="penstock/gateway=true", name="gatewayLabel")
    workers: Annotated[int, msgspec.Meta(ge=0)] = 0
    http: Port = 80
    https: Port = 443


class Existing(Strict, frozen=True):
    """An existing cluster. `server` is the address of its API server; a context with a different one is refused."""

    server: str


class Cluster(Strict, frozen=True):
    """The cluster of an environment: its name, the DNS domain of its Services, and the settings of its providers.

    `bootstrap` lists the components that phase 1 of `inv up` applies before Flux, in order. `k3d`, `kind` and
    `existing` are the settings of that provider, which an environment without the key can't use. All can use kwok.
    """

    name: Name = "penstock"
    domain: str = "cluster.local"
    bootstrap: list[str] = []
    k3d: K3d | None = None
    kind: Kind | None = None
    existing: Existing | None = None
