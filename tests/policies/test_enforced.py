"""Evaluating policies for all actors at once gives the same result as for each pair and port."""

from __future__ import annotations

import random
from itertools import product

import pytest

import naive_policies
from penstock.kube.fields import Requirement, Selector
from penstock.kube.labels import index, members
from penstock.policies.actors import Actors
from penstock.policies.enforced import Enforced
from penstock.policies.evaluate import evaluate
from penstock.policies.peers import ANY, Connection, Entities, Peer, Pods, Port, shown
from penstock.policies.rules import NAMESPACE, Actor, Policy, PolicyPeer, Rule, Span

_SPACES = ("town", "harbour", "market")
_KEYS = ("app", "tier")
_VALUES = ("a", "b", "c")
_PORTS: list[Port] = [(53, "UDP"), (53, "TCP"), (80, "TCP"), (8080, "TCP")]
_SPARE: Port = (1, "TCP")
_ENTITIES = ("host", "world", "kube-apiserver", "all", "health")
_NETWORKS = ("192.0.2.7/32", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32")


class _Town:
    """A small random platform: pods, entities, policies, and expected connections."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        pods = [self.pod(number) for number in range(self.chance.randint(1, 8))]
        outside = [
            Actor("host", entities=frozenset({"host"})),
            Actor("world", entities=frozenset({"world"}), address="203.0.113.1"),
            Actor("kube-apiserver", entities=frozenset({"kube-apiserver"})),
            Actor("192.0.2.7/32", entities=frozenset({"world"}), address="192.0.2.7"),
        ]
        self.actors = [*pods, *outside]
        self.own = frozenset(number for number in range(len(pods)) if self.chance.random() < 0.8)
        self.policies = [self.policy() for _ in range(self.chance.randint(0, 6))]

    def pod(self, number: int) -> Actor:
        ports = frozenset(self.chance.sample(_PORTS, self.chance.randint(0, 3)))
        names = {f"p{index}": port for index, port in enumerate(sorted(ports)) if self.chance.random() < 0.5}
        name = f"pod-{number % 6}"  # some share a name
        return Actor(name, self.chance.choice(_SPACES), self.labels(), ports, names)

    def labels(self) -> dict[str, str]:
        return {key: self.chance.choice(_VALUES) for key in _KEYS if self.chance.random() < 0.7}

    def selector(self) -> Selector:
        operators = ("In", "NotIn", "Exists", "DoesNotExist")
        expressions = []
        if self.chance.random() < 0.4:
            values = self.chance.sample(_VALUES, self.chance.randint(1, 2))
            key = self.chance.choice((*_KEYS, NAMESPACE))
            expressions = [Requirement(key, self.chance.choice(operators), [*values, self.chance.choice(_SPACES)])]
        return Selector(self.labels() if self.chance.random() < 0.6 else {}, expressions)

    def peer(self) -> PolicyPeer:
        kind = self.chance.random()
        if kind < 0.2:
            return PolicyPeer(entity=self.chance.choice(_ENTITIES))
        if kind < 0.35:
            return PolicyPeer(network=self.chance.choice(_NETWORKS), excluding=("192.0.2.7/32",) if kind < 0.25 else ())
        if kind < 0.4:
            return PolicyPeer()
        among = frozenset(self.chance.sample(_SPACES, self.chance.randint(0, 2))) if kind < 0.7 else None
        return PolicyPeer(pods=self.selector(), namespaces=among)

    def rule(self) -> Rule:
        peers = tuple(self.peer() for _ in range(self.chance.randint(0, 2)))
        spans = tuple(self.span() for _ in range(self.chance.randint(1, 2)))
        return Rule(None if self.chance.random() < 0.2 else peers, None if self.chance.random() < 0.3 else spans)

    def span(self) -> Span:
        protocol = self.chance.choice(("TCP", "UDP", "ANY"))
        if self.chance.random() < 0.3:
            return Span(0, 0, protocol, self.chance.choice(("p0", "p1", "gone")))
        first = self.chance.choice((0, 53, 80))
        return Span(first, self.chance.choice((first, 65535)), protocol)

    def policy(self) -> Policy:
        def rules() -> tuple[Rule, ...] | None:
            return None if self.chance.random() < 0.4 else tuple(self.rule() for _ in range(self.chance.randint(0, 3)))

        return Policy("policy.yaml", self.chance.choice(_SPACES), self.selector(), rules(), rules())


@pytest.mark.parametrize("seed", range(200))
def test_a_refusal_is_the_same(seed: int) -> None:
    town = _Town(seed)
    enforced = Enforced(town.actors, town.policies)
    for (sender, one), (receiver, other) in product(enumerate(town.actors), repeat=2):
        for port in [*_PORTS, _SPARE]:
            expected = naive_policies.refusal(town.policies, one, other, port)
            assert enforced.refusal(sender, receiver, port) == expected, (one, other, port)


@pytest.mark.parametrize("seed", range(100))
def test_the_verdict_is_the_same(seed: int) -> None:
    """Compare every pair with a pod of the platform, at every port of a container or a connection."""
    town = _Town(seed)
    peers: list[Peer] = [Pods("peer", ((str(number), ""),)) for number in range(len(town.actors))]
    peers.append(Entities(("world",), ("192.0.2.7/32",)))
    of: dict[Peer, tuple[int, ...]] = {peer: (number,) for number, peer in enumerate(peers[:-1])}
    of[peers[-1]] = len(peers) - 4, len(peers) - 2
    connections = [
        Connection(town.chance.choice(peers), town.chance.choice(peers), port, "asked")
        for port in [*_PORTS, *_PORTS, (9000, "TCP"), ANY]
    ]
    verdicts = evaluate(Actors(town.actors, town.own, of, {}), connections, Enforced(town.actors, town.policies))
    lines, refused = _judged(town, connections, of)
    assert verdicts.findings == [line for line in lines if line]
    assert (verdicts.allowed, verdicts.denied) == (len(refused) - sum(refused), sum(refused))


def _judged(
    town: _Town, connections: list[Connection], of: dict[Peer, tuple[int, ...]]
) -> tuple[list[str], list[bool]]:
    """The finding, if any, and whether the connection is refused, for every possible connection."""
    lines, every = [], []
    for (sender, one), (receiver, other) in product(enumerate(town.actors), repeat=2):
        if not town.own & {sender, receiver} or (other.is_pod and "host" in one.entities):
            continue
        coming = [item for item in connections if receiver in of[item.receiver]]
        for port in sorted({*other.ports, *(item.port for item in coming), _SPARE} - {ANY}):
            is_asked = any(sender in of[item.sender] and item.port in (port, ANY) for item in coming)
            refused = naive_policies.refusal(town.policies, one, other, port)
            line = f"{one.name} → {other.name} {shown(port)}"
            asked = f"{line} (asked): {refused}" if refused else ""
            lines.append(asked if is_asked else "" if refused else f"{line} is allowed, but not declared")
            every.append(bool(refused))
    return lines, every


@pytest.mark.parametrize("seed", range(50))
def test_labels_as_sets_select_the_same_as_one_by_one(seed: int) -> None:
    town = _Town(seed)
    labels = [town.labels() for _ in range(20)]
    selector = town.selector()
    expected = [number for number, own in enumerate(labels) if selector.selects(own)]
    assert list(members(index(labels).select(selector))) == expected
