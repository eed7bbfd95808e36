"""Policies as rules, independent of their kind, and the actors that they apply to."""

from __future__ import annotations

from dataclasses import dataclass, field

from penstock.kube.fields import Selector
from penstock.policies.peers import Port

NAMESPACE = "io.kubernetes.pod.namespace"


@dataclass(frozen=True)
class Actor:
    """A sender or receiver: a pod with its labels and ports, or an external entity or network.

    `ports` are the container ports; `names` maps port names to them.
    """

    name: str
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    ports: frozenset[Port] = frozenset()
    names: dict[str, Port] = field(default_factory=dict)
    entities: frozenset[str] = frozenset()
    address: str = ""

    @property
    def is_pod(self) -> bool:
        """Whether it is a pod on the pod network, which policies can select."""
        return bool(self.namespace)


@dataclass(frozen=True)
class PolicyPeer:
    """A peer of a rule: pods by labels and namespaces, an entity, or a network.

    Networks match only addresses outside the cluster: Cilium identifies pods and nodes by other means.
    """

    pods: Selector | None = None
    namespaces: frozenset[str] | None = None
    entity: str = ""
    network: str = ""
    excluding: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """The ports of a rule: a range of numbers, or a port name. The protocol ANY matches all of them."""

    first: int
    last: int
    protocol: str
    name: str = ""

    def covers(self, port: Port, receiver: Actor) -> bool:
        """Whether the rule includes a port of the receiver."""
        if self.name:
            return receiver.names.get(self.name) == port and self.protocol in ("ANY", port[1])
        return self.first <= port[0] <= self.last and self.protocol in ("ANY", port[1])


@dataclass(frozen=True)
class Rule:
    """The allowed peers and ports; None allows all of them."""

    peers: tuple[PolicyPeer, ...] | None
    ports: tuple[Span, ...] | None


@dataclass(frozen=True)
class Policy:
    """A policy: the pods that it selects, and its rules per direction, None if it doesn't restrict that direction."""

    file: str
    namespace: str
    pods: Selector
    ingress: tuple[Rule, ...] | None
    egress: tuple[Rule, ...] | None
