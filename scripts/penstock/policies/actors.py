"""The actors of an environment: the pods of every workload, and what stands for each end of connections.yaml."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from penstock.kube.objects import Key, Workload
from penstock.policies.peers import End, Ends, Entities, Others, Pods, subject
from penstock.policies.rules import Actor

# Any pod of a user's own, and an address of the world (RFC 5737).
_STRANGER = "applications"
_OUTSIDE = "203.0.113.1"


@dataclass(frozen=True)
class Actors:
    """An actor is meant by its number in `every`: two may have the same name.

    `own` are the pods that the platform's policies have to govern, `of` says which actors stand for an end, and
    `workloads` which are the pods of a workload.
    """

    every: list[Actor]
    own: frozenset[int]
    of: dict[End, tuple[int, ...]]
    workloads: dict[tuple[str, Key], int]

    def number(self, workload: Workload) -> int:
        """The actor of a workload on the pods' network."""
        return self.workloads[workload.kind, workload.key]


def actors(ends: Ends) -> Actors:
    """The actors of an environment."""
    workloads = [item for item in ends.rendered.workloads if not item.template.spec.host_network]
    every = _pods(workloads)
    standing: dict[End, tuple[int, ...]] = {}
    for number, workload in enumerate(workloads):
        standing[subject(workload)] = (*standing.get(subject(workload), ()), number)
    numbers: dict[str, int] = {}
    for name in ends.connections.ends:
        end = ends.named(name)
        if end not in standing:
            standing[end] = tuple(_numbered(every, numbers, one) for one in _standing_for(end))
    subjects = ends.subjects
    own = frozenset(number for number, workload in enumerate(workloads) if subject(workload) in subjects)
    return Actors(every, own, standing, {(item.kind, item.key): number for number, item in enumerate(workloads)})


def actor(workload: Workload, name: str = "") -> Actor:
    """The pods of a workload, with all the labels that they have; a port's name means the first port that has it."""
    ports = [item for one in workload.template.spec.serving() for item in one.ports]
    names = {item.name: (item.container_port, item.protocol) for item in reversed(ports) if item.name}
    numbers = frozenset((item.container_port, item.protocol) for item in ports)
    return Actor(name or str(subject(workload)), workload.namespace, dict(workload.labels), numbers, names)


def _pods(workloads: list[Workload]) -> list[Actor]:
    """The actors of workloads; those whose labels say the same name have their own name beside it."""
    names = [str(subject(item)) for item in workloads]
    count = Counter(names)
    return [
        actor(item, name if count[name] == 1 else f"{name} ({item.kind} {item.name})")
        for item, name in zip(workloads, names, strict=True)
    ]


def _standing_for(end: End) -> list[Actor]:
    """The pods themselves, one stranger, one of each entity and network."""
    if isinstance(end, Pods):
        return [Actor(str(end), end.namespace, dict(end.labels))]
    if isinstance(end, Others):
        return [Actor(str(end), _STRANGER, {"app": _STRANGER})]
    assert isinstance(end, Entities)
    networks = [Actor(one, entities=frozenset({"world"}), address=one.partition("/")[0]) for one in end.networks]
    return [_entity(name) for name in end.names] + networks


def _entity(name: str) -> Actor:
    return Actor(name, entities=frozenset({name}), address=_OUTSIDE if name == "world" else "")


def _numbered(every: list[Actor], numbers: dict[str, int], one: Actor) -> int:
    """The number of an actor; what several ends name is one actor."""
    if one.name not in numbers:
        numbers[one.name] = len(every)
        every.append(one)
    return numbers[one.name]
