"""The connections that the policies allow before and after a change, between the pods that exist at both ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.kube.labels import members
from penstock.kube.objects import Workload
from penstock.kube.read import read
from penstock.kube.references import POD_TEMPLATES
from penstock.platform.rendered import Rendered
from penstock.policies.actors import actor
from penstock.policies.enforced import Enforced
from penstock.policies.parse import policies
from penstock.policies.peers import Port
from penstock.policies.rules import Actor, Policy, Span
from penstock.review.world import World

POLICIES = ("CiliumNetworkPolicy", "NetworkPolicy", "CiliumClusterwideNetworkPolicy")
# Peers that are no pod of the manifests; the addresses are of RFC 5737.
_OTHERS = (
    Actor("pods of other namespaces", "applications", {"app": "applications"}),
    Actor("world", entities=frozenset({"world"}), address="203.0.113.1"),
    Actor("kube-apiserver", entities=frozenset({"kube-apiserver"})),
    Actor("host", entities=frozenset({"host"})),
    Actor("remote-node", entities=frozenset({"remote-node"})),
    Actor("ingress", entities=frozenset({"ingress"})),
)


class Flow(NamedTuple):
    """The senders that may, or may no longer, connect to a port of a receiver."""

    senders: tuple[str, ...]
    receiver: str
    port: Port
    allowed: bool


class _End(NamedTuple):
    actors: dict[str, Actor]
    policies: list[Policy]


def compare(before: World, after: World) -> Iterator[Flow]:
    """Yield the differences; raises PenstockError for a policy that can't be evaluated."""
    ends = [_end(world) for world in (before, after)]
    names = [name for name in ends[0].actors if name in ends[1].actors]
    every = [[*(end.actors[name] for name in names), *_OTHERS] for end in ends]
    old, new = (Enforced(actors, end.policies) for actors, end in zip(every, ends, strict=True))
    written = {(span.first, _protocol(span.protocol)) for end in ends for span in _spans(end.policies) if span.first}
    for number, receiver in enumerate(every[1]):
        # A pod is never beyond its own node, and outside peers are compared with pods alone.
        senders = old.every & ~old.own_node if number < len(names) else (1 << len(names)) - 1
        ports = {*receiver.ports, *every[0][number].ports} or written
        for port in sorted(ports if receiver.is_pod else written):
            was, now = (_allowed(end, number, port) & senders for end in (old, new))
            for bits, is_allowed in ((now & ~was, True), (was & ~now, False)):
                if bits:
                    yield Flow(tuple(every[1][one].name for one in members(bits)), receiver.name, port, is_allowed)


def _allowed(end: Enforced, receiver: int, port: Port) -> int:
    out, into = end.senders(receiver, port)
    return out & into


def _end(world: World) -> _End:
    kinds = (*POD_TEMPLATES, *POLICIES, "Namespace")
    rendered = Rendered(world.environment, "cluster.local", (), tuple(read(item) for item in world.of(*kinds)))
    own = [item for item in rendered.workloads if not item.template.spec.host_network]
    return _End({_key(item): actor(item, f"{item.namespace}/{item.name}") for item in own}, policies(rendered))


def _key(workload: Workload) -> str:
    return f"{workload.kind} {workload.namespace}/{workload.name}"


def _spans(given: list[Policy]) -> Iterator[Span]:
    for policy in given:
        for rule in (*(policy.egress or ()), *(policy.ingress or ())):
            yield from rule.ports or ()


def _protocol(protocol: str) -> str:
    return "TCP" if protocol == "ANY" else protocol
