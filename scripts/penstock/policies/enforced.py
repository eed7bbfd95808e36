"""The connections that policies allow, computed for all actors at once.

A set of actors is an integer with one bit per actor (kube/labels.py). For a receiver and a port there are two sets of
senders: those with allowed egress, and those with allowed ingress. Rules with the same peers and ports are merged, so
the work grows with the number of policies, not of pairs of pods.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable

from penstock.kube.labels import Bits, index, members
from penstock.policies.peers import Port
from penstock.policies.rules import NAMESPACE, Actor, Policy, PolicyPeer, Rule, Span

_Spans = tuple[Span, ...] | None
_Senders = dict[int, dict[_Spans, Bits]]
"""Receiver -> ports -> the senders that may connect to them."""


class Enforced:
    """Policies, applied to actors, which are identified by their index in the list.

    `governed_out` and `governed_in` are the actors that a policy selects for egress and for ingress.
    """

    def __init__(self, actors: list[Actor], policies: list[Policy]) -> None:
        """Index the actors, and apply the policies to them."""
        self.actors = actors
        self._labels = index({**one.labels, NAMESPACE: one.namespace} if one.is_pod else {} for one in actors)
        self.every = self._labels.every
        self._entities = _entities(actors)
        self._worlds = [number for number, one in enumerate(actors) if "world" in one.entities]
        self.governed_out, self._out = self._egress(policies)
        self.governed_in, self._in = self._ingress(policies)
        # Cilium always allows ingress from a pod's own node (allow-localhost).
        self.own_node = self._entities.get("host", 0)
        self._answers: dict[tuple[int, Port], tuple[Bits, Bits]] = {}

    def senders(self, receiver: int, port: Port) -> tuple[Bits, Bits]:
        """Return the senders with allowed egress to a port of a receiver, and those with allowed ingress."""
        key = receiver, port
        if key not in self._answers:
            out = self._allowed(self._out, receiver, port) | (self.every & ~self.governed_out)
            is_governed = self.governed_in >> receiver & 1
            into = self._allowed(self._in, receiver, port) | self.own_node if is_governed else self.every
            self._answers[key] = out, into
        return self._answers[key]

    def refusal(self, sender: int, receiver: int, port: Port) -> str:
        """Return the direction that denies a connection, as a message; empty if both allow it."""
        out, into = self.senders(receiver, port)
        if not out >> sender & 1:
            return f"no policy allows egress from {self.actors[sender].name}"
        return "" if into >> sender & 1 else f"no policy allows ingress to {self.actors[receiver].name}"

    def _allowed(self, by_receiver: _Senders, receiver: int, port: Port) -> Bits:
        actor = self.actors[receiver]
        return _union(
            senders
            for spans, senders in by_receiver.get(receiver, {}).items()
            if spans is None or any(span.covers(port, actor) for span in spans)
        )

    def _egress(self, policies: list[Policy]) -> tuple[Bits, _Senders]:
        governed = 0
        senders: dict[tuple[Bits, _Spans], Bits] = defaultdict(int)
        for policy in policies:
            if policy.egress is not None:
                governed |= (selected := self._selected(policy))
                for rule in policy.egress:
                    senders[self._peers(rule), rule.ports] |= selected
        return governed, _by_receiver((receivers, spans, bits) for (receivers, spans), bits in senders.items())

    def _ingress(self, policies: list[Policy]) -> tuple[Bits, _Senders]:
        governed = 0
        receivers: dict[tuple[Bits, _Spans], Bits] = defaultdict(int)
        for policy in policies:
            if policy.ingress is not None:
                governed |= (selected := self._selected(policy))
                for rule in policy.ingress:
                    receivers[self._peers(rule), rule.ports] |= selected
        return governed, _by_receiver((bits, spans, senders) for (senders, spans), bits in receivers.items())

    def _selected(self, policy: Policy) -> Bits:
        return self._labels.select(policy.pods) & self._in_namespaces([policy.namespace])

    def _in_namespaces(self, names: Iterable[str]) -> Bits:
        return _union(self._labels.pairs.get((NAMESPACE, name), 0) for name in names)

    def _peers(self, rule: Rule) -> Bits:
        return self.every if rule.peers is None else _union(self._peer(one) for one in rule.peers)

    def _peer(self, peer: PolicyPeer) -> Bits:
        if peer.entity:
            return self.every if peer.entity == "all" else self._entities.get(peer.entity, 0)
        if peer.network:
            return self._network(peer)
        if peer.pods is None:
            return 0
        within = self.every if peer.namespaces is None else self._in_namespaces(peer.namespaces)
        return self._labels.select(peer.pods) & within

    def _network(self, peer: PolicyPeer) -> Bits:
        return _union(1 << number for number in self._worlds if _within(self.actors[number].address, peer))


def _entities(actors: list[Actor]) -> dict[str, Bits]:
    entities: dict[str, Bits] = defaultdict(int)
    for number, actor in enumerate(actors):
        for name in actor.entities:
            entities[name] |= 1 << number
    return dict(entities)


def _by_receiver(allowed: Iterable[tuple[Bits, _Spans, Bits]]) -> _Senders:
    by_receiver: _Senders = {}
    for receivers, spans, senders in allowed:
        for receiver in members(receivers) if senders else ():
            by_ports = by_receiver.setdefault(receiver, {})
            by_ports[spans] = by_ports.get(spans, 0) | senders
    return by_receiver


def _within(address: str, peer: PolicyPeer) -> bool:
    ip = ipaddress.ip_address(address)
    return ip in ipaddress.ip_network(peer.network) and not any(
        ip in ipaddress.ip_network(one) for one in peer.excluding
    )


def _union(sets: Iterable[Bits]) -> Bits:
    union = 0
    for one in sets:
        union |= one
    return union
