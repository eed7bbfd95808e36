"""What the policies do to every pair of ends and every port: what is asked for gets through, nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from penstock.gates.network.ends import ANY, Connection, End, Ends, Entities, Others, Pods, Port, shown, subject
from penstock.gates.network.rules import Actor, Policy
from penstock.gates.rendered.objects import Workload

# One that nobody listens on: whoever is let through to it is let through to all.
_SPARE: Port = (1, "TCP")
# Any pod of people's own, and an address of the world (RFC 5737).
_STRANGER = "applications"
_OUTSIDE = "203.0.113.1"
Flow = tuple[str, str, Port]


def refusal(policies: list[Policy], sender: Actor, receiver: Actor, port: Port) -> str:
    """Which end refuses a connection; empty when both let it through.

    A pod that no policy is about may do everything. Cilium lets a pod's own node in always (allow-localhost).
    """
    about = [one.egress for one in policies if sender.is_pod and one.is_about(sender) and one.egress is not None]
    if about and not any(rule.takes(receiver, port, receiver) for rules in about for rule in rules):
        return f"no policy lets it out of {sender.name}"
    about = [one.ingress for one in policies if receiver.is_pod and one.is_about(receiver) and one.ingress is not None]
    if "host" in sender.entities:
        return ""
    if about and not any(rule.takes(sender, port, receiver) for rules in about for rule in rules):
        return f"no policy lets it in to {receiver.name}"
    return ""


@dataclass(frozen=True)
class Verdicts:
    """Connections that were let through at both ends, others that weren't, and what is wrong."""

    allowed: int
    denied: int
    findings: list[str]


def judge(ends: Ends, connections: list[Connection], policies: list[Policy]) -> Verdicts:
    """Try every pair of actors that one of our pods is part of, at every port that anybody has or names."""
    stage = _Stage(ends, connections)
    wanted = stage.wanted()
    findings, allowed, denied = [], 0, 0
    for sender, receiver in stage.pairs():
        for port in stage.ports(receiver):
            refused = refusal(policies, sender, receiver, port)
            why = wanted.get((sender.name, receiver.name, port))
            line = f"{sender.name} → {receiver.name} {shown(port)}"
            if why and refused:
                findings.append(f"{line} ({why}): {refused}")
            elif why is None and not refused:
                findings.append(f"{line} gets through, and nothing asks for it")
            allowed += not refused
            denied += bool(refused)
    return Verdicts(allowed, denied, findings)


@dataclass(frozen=True)
class _Stage:
    """Everybody who may send or receive in one environment."""

    ends: Ends
    connections: list[Connection]

    def actors(self) -> dict[str, Actor]:
        """All of them by name: every workload's pods, and every end that connections.yaml names."""
        found = [actor(item) for item in self.ends.rendered.workloads if not item.template.spec.host_network]
        for name in self.ends.connections.ends:
            found += self._of(self.ends.named(name))
        return {item.name: item for item in found}

    def pairs(self) -> Iterator[tuple[Actor, Actor]]:
        own = {str(pods) for pods in self.ends.subjects}
        every = self.actors()
        for sender in every.values():
            for receiver in every.values():
                if own & {sender.name, receiver.name} and not (receiver.is_pod and "host" in sender.entities):
                    yield sender, receiver

    def ports(self, receiver: Actor) -> list[Port]:
        """Those that its containers have, those that connections to it name, and one that nobody has."""
        named = [
            item.port for item in self.connections if receiver.name in {one.name for one in self._of(item.receiver)}
        ]
        return sorted({*receiver.ports.values(), *named, _SPARE} - {ANY})

    def wanted(self) -> dict[Flow, str]:
        """Who may reach whom at which port, and why."""
        found: dict[Flow, str] = {}
        for item in self.connections:
            for sender in self._of(item.sender):
                for receiver in self._of(item.receiver):
                    for port in self.ports(receiver) if item.port == ANY else [item.port]:
                        found[sender.name, receiver.name, port] = item.why
        return found

    def _of(self, end: End) -> list[Actor]:
        return actors(end, self.ends)


def actors(end: End, ends: Ends) -> list[Actor]:
    """Those who stand for an end: the pods themselves, one stranger, one of each entity and network."""
    if isinstance(end, Pods):
        return [_pods(end, ends)]
    if isinstance(end, Others):
        return [Actor(str(end), _STRANGER, {"app": _STRANGER})]
    assert isinstance(end, Entities)
    networks = [Actor(one, entities=frozenset({"world"}), address=one.partition("/")[0]) for one in end.networks]
    return [_entity(name) for name in end.names] + networks


def actor(workload: Workload) -> Actor:
    """A workload's pods, with all the labels that they have."""
    serving = workload.template.spec.serving()
    ports = {
        item.name or str(item.container_port): (item.container_port, item.protocol)
        for one in serving
        for item in one.ports
    }
    return Actor(str(subject(workload)), workload.namespace, dict(workload.labels), ports)


def _pods(end: Pods, ends: Ends) -> Actor:
    for item in ends.rendered.workloads:
        if subject(item) == end:
            return actor(item)
    return Actor(str(end), end.namespace, dict(end.labels))


def _entity(name: str) -> Actor:
    return Actor(name, entities=frozenset({name}), address=_OUTSIDE if name == "world" else "")
