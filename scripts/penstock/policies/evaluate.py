"""Check that policies allow exactly the expected connections, for every pair of actors and every port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from penstock.kube.labels import Bits, members
from penstock.policies.actors import Actors
from penstock.policies.enforced import Enforced
from penstock.policies.peers import ANY, Connection, Port, shown

# No actor has this port: a sender that may connect to it may connect to all ports.
_SPARE: Port = (1, "TCP")


@dataclass(frozen=True)
class Verdicts:
    """The number of connections that the policies allow and deny, and the findings."""

    allowed: int
    denied: int
    findings: list[str]


def evaluate(actors: Actors, connections: list[Connection], enforced: Enforced) -> Verdicts:
    """Evaluate every pair of actors that includes a pod of the platform, at every port of a container or a connection.

    For each receiver and port, the findings are the difference between the sets of allowed and of expected senders.
    """
    ports = _ports(actors, connections)
    expected = _expected(actors, connections, ports)
    findings: dict[tuple[int, int, Port], str] = {}
    allowed = denied = 0
    for receiver, senders in _pairs(actors, enforced):
        for port in ports[receiver]:
            out, into = enforced.senders(receiver, port)
            allowed_here = out & into & senders
            reasons = expected.get((receiver, port), {})
            for sender in members((allowed_here ^ _set(reasons)) & senders):
                findings[sender, receiver, port] = _finding(enforced, sender, receiver, port, reasons.get(sender))
            allowed += allowed_here.bit_count()
            denied += (senders & ~allowed_here).bit_count()
    return Verdicts(allowed, denied, [line for _, line in sorted(findings.items())])


def _pairs(actors: Actors, enforced: Enforced) -> Iterator[tuple[int, Bits]]:
    """Yield each receiver with the senders to try: all for the platform's pods, the platform's pods for others.

    A pod's own node is left out, since Cilium always allows it.
    """
    own = _set(actors.own)
    for number, receiver in enumerate(actors.every):
        senders = enforced.every if number in actors.own else own
        yield number, senders & ~enforced.own_node if receiver.is_pod else senders


def _ports(actors: Actors, connections: list[Connection]) -> list[list[Port]]:
    """Return each actor's ports: those of its containers, those of connections to it, and one that no actor has."""
    ports = [{*one.ports, _SPARE} for one in actors.every]
    for item in connections:
        for receiver in actors.of[item.receiver] if item.port != ANY else ():
            ports[receiver].add(item.port)
    return [sorted(one) for one in ports]


def _expected(
    actors: Actors, connections: list[Connection], ports: list[list[Port]]
) -> dict[tuple[int, Port], dict[int, str]]:
    """Map receiver and port to the expected senders and their reasons."""
    reasons: dict[tuple[int, Port], dict[int, str]] = defaultdict(dict)
    for item in connections:
        for receiver in actors.of[item.receiver]:
            for port in ports[receiver] if item.port == ANY else [item.port]:
                reasons[receiver, port].update(dict.fromkeys(actors.of[item.sender], item.reason))
    return reasons


def _finding(enforced: Enforced, sender: int, receiver: int, port: Port, reason: str | None) -> str:
    line = f"{enforced.actors[sender].name} → {enforced.actors[receiver].name} {shown(port)}"
    if reason is None:
        return f"{line} is allowed, but not declared"
    return f"{line} ({reason}): {enforced.refusal(sender, receiver, port)}"


def _set(numbers: Iterable[int]) -> Bits:
    bits = 0
    for number in numbers:
        bits |= 1 << number
    return bits
