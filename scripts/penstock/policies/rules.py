"""Policies as rules, independent of their kind, and the actors to which they apply."""

from __future__ import annotations

from dataclasses import dataclass, field

from penstock.kube.fields import Selector
from penstock.policies.peers import Port

NAMESPACE = "io.kubernetes.pod.namespace"


@dataclass(frozen=True)
class Actor:
    """A sender or receiver: a pod with its labels and ports, or an entity or a network outside.

    `ports` are the container ports, `names` the named ones.
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
        """Whether it is a pod on the pod network; policies select only those."""
        return bool(self.namespace)


@dataclass(frozen=True)
class PolicyPeer:
    """A peer of a rule: pods by their labels (and those of their namespace), an entity, or a network.

    Networks match addresses outside the cluster only: Cilium identifies pods and nodes otherwise.
    """

    pods: Selector | None = None
    namespaces: frozenset[str] | None = None
    entity: str = ""
    network: str = ""
    excluding: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """Ports of a rule: a range of numbers, or a port name. ANY is every protocol."""

    first: int
    last: int
    protocol: str
    name: str = ""

    def takes(self, port: Port, receiver: Actor) -> bool:
        """Whether a port of the receiver is among them."""
        if self.name:
            return receiver.names.get(self.name) == port and self.protocol in ("ANY", port[1])
        return self.first <= port[0] <= self.last and self.protocol in ("ANY", port[1])


@dataclass(frozen=True)
class Rule:
    """Peers and ports; None is any of them."""

    peers: tuple[PolicyPeer, ...] | None
    ports: tuple[Span, ...] | None


@dataclass(frozen=True)
class Policy:
    """A policy: the pods that it selects, and its rules for each direction; None if it does not apply to one."""

    file: str
    namespace: str
    pods: Selector
    ingress: tuple[Rule, ...] | None
    egress: tuple[Rule, ...] | None
