"""Policies as rules that can be asked about one sender, one receiver and one port."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from penstock.gates.network.ends import Port
from penstock.gates.rendered.kinds import Selector

NAMESPACE = "io.kubernetes.pod.namespace"


@dataclass(frozen=True)
class Actor:
    """Somebody who sends or receives: a pod with its labels and ports' names, or what Cilium has a word for."""

    name: str
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)
    entities: frozenset[str] = frozenset()
    address: str = ""

    @property
    def is_pod(self) -> bool:
        """Whether it is a pod on the pods' network: policies select no other."""
        return bool(self.namespace)


@dataclass(frozen=True)
class Peer:
    """Whom a rule lets through: pods by their labels (and their namespace's), an entity, or a network."""

    pods: Selector | None = None
    namespaces: frozenset[str] | None = None
    entity: str = ""
    network: str = ""
    but: tuple[str, ...] = ()

    def takes(self, actor: Actor) -> bool:
        """Whether an actor is one of these. Networks are those outside: Cilium knows pods and nodes by other means."""
        if self.entity:
            return self.entity in actor.entities
        if self.network:
            return "world" in actor.entities and _within(actor.address, [self.network], self.but)
        if self.namespaces is not None and actor.namespace not in self.namespaces:
            return False
        labels = {**actor.labels, NAMESPACE: actor.namespace} if actor.is_pod else {}
        return self.pods is not None and self.pods.selects(labels)


@dataclass(frozen=True)
class Span:
    """Ports of a rule: from one number to another, or a port by its name. ANY is every protocol."""

    first: int
    last: int
    protocol: str
    name: str = ""

    def takes(self, port: Port, receiver: Actor) -> bool:
        """Whether a port of the receiver is among them."""
        if self.name:
            return receiver.ports.get(self.name) == port
        return self.first <= port[0] <= self.last and self.protocol in ("ANY", port[1])


@dataclass(frozen=True)
class Rule:
    """Peers and ports; None is any of them."""

    peers: tuple[Peer, ...] | None
    ports: tuple[Span, ...] | None

    def takes(self, peer: Actor, port: Port, receiver: Actor) -> bool:
        """Whether it lets a peer through to a port of the receiver."""
        is_one = self.peers is None or any(one.takes(peer) for one in self.peers)
        return is_one and (self.ports is None or any(span.takes(port, receiver) for span in self.ports))


@dataclass(frozen=True)
class Policy:
    """A policy: the pods that it is about, and what it allows in each direction; None where it says nothing of one."""

    file: str
    namespace: str
    pods: Selector
    ingress: tuple[Rule, ...] | None
    egress: tuple[Rule, ...] | None

    def is_about(self, actor: Actor) -> bool:
        """Whether it selects a pod."""
        labels = {**actor.labels, NAMESPACE: actor.namespace}
        return actor.namespace == self.namespace and self.pods.selects(labels)


def _within(address: str, networks: list[str], but: tuple[str, ...]) -> bool:
    found = ipaddress.ip_address(address)
    is_in = any(found in ipaddress.ip_network(one) for one in networks)
    return is_in and not any(found in ipaddress.ip_network(one) for one in but)
