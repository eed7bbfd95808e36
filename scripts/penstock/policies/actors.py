"""The actors of an environment: the pods of every workload, and representatives of connections.yaml's peers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from penstock.kube.objects import Key, Workload
from penstock.policies.peers import Entities, OtherNamespaces, Peer, Peers, Pods, subject
from penstock.policies.rules import Actor

# A pod in none of the platform's namespaces, and an address outside the cluster (RFC 5737).
_STRANGER = "applications"
_OUTSIDE = "203.0.113.1"


@dataclass(frozen=True)
class Actors:
    """The actors, identified by their index in `every`, since names may repeat.

    `own` are the pods that the platform's policies must select, `of` maps peers to actors, and `workloads` maps kind
    and key of workloads to theirs.
    """

    every: list[Actor]
    own: frozenset[int]
    of: dict[Peer, tuple[int, ...]]
    workloads: dict[tuple[str, Key], int]

    def number(self, workload: Workload) -> int:
        """Return the index of a workload's actor; raises KeyError for a workload on the host network."""
        return self.workloads[workload.kind, workload.key]


def actors(peers: Peers) -> Actors:
    """Return the actors of all workloads and declared peers of an environment."""
    workloads = [item for item in peers.rendered.workloads if not item.template.spec.host_network]
    every = _pods(workloads)
    represented: dict[Peer, tuple[int, ...]] = {}
    for number, workload in enumerate(workloads):
        represented[subject(workload)] = (*represented.get(subject(workload), ()), number)
    numbers: dict[str, int] = {}
    for name in peers.connections.peers:
        peer = peers.named(name)
        if peer not in represented:
            represented[peer] = tuple(_numbered(every, numbers, one) for one in _representatives(peer))
    subjects = peers.subjects
    own = frozenset(number for number, workload in enumerate(workloads) if subject(workload) in subjects)
    return Actors(every, own, represented, {(item.kind, item.key): number for number, item in enumerate(workloads)})


def actor(workload: Workload, name: str = "") -> Actor:
    """Return the actor of a workload's pods, with all of their labels; of ports with one name, the first counts."""
    ports = [item for one in workload.template.spec.serving() for item in one.ports]
    names = {item.name: (item.container_port, item.protocol) for item in reversed(ports) if item.name}
    numbers = frozenset((item.container_port, item.protocol) for item in ports)
    return Actor(name or str(subject(workload)), workload.namespace, dict(workload.labels), numbers, names)


def _pods(workloads: list[Workload]) -> list[Actor]:
    """Return one actor for each workload; if several have the same labels, their names include kind and name."""
    names = [str(subject(item)) for item in workloads]
    count = Counter(names)
    return [
        actor(item, name if count[name] == 1 else f"{name} ({item.kind} {item.name})")
        for item, name in zip(workloads, names, strict=True)
    ]


def _representatives(peer: Peer) -> list[Actor]:
    """Return the pods themselves, a pod in another namespace, or one actor for each entity and network."""
    if isinstance(peer, Pods):
        return [Actor(str(peer), peer.namespace, dict(peer.labels))]
    if isinstance(peer, OtherNamespaces):
        return [Actor(str(peer), _STRANGER, {"app": _STRANGER})]
    assert isinstance(peer, Entities)
    networks = [Actor(one, entities=frozenset({"world"}), address=one.partition("/")[0]) for one in peer.networks]
    return [_entity(name) for name in peer.names] + networks


def _entity(name: str) -> Actor:
    return Actor(name, entities=frozenset({name}), address=_OUTSIDE if name == "world" else "")


def _numbered(every: list[Actor], numbers: dict[str, int], one: Actor) -> int:
    """Return the index of an actor, after adding it if its name is new: overlapping peers share one."""
    if one.name not in numbers:
        numbers[one.name] = len(every)
        every.append(one)
    return numbers[one.name]
