"""NetworkPolicies: their selectors match pods and namespaces, and their ports are container ports."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.nearest import ending
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.fields import Selector
from penstock.kube.network_policies import NetworkPolicySpec, Peer, PolicyPort
from penstock.kube.objects import Object, Workload
from penstock.platform.external import ExternalObject


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each selector and each port."""
    for policy in world.rendered.of("NetworkPolicy").values():
        spec = policy.spec_as(NetworkPolicySpec)
        fault, external = world.selects(spec.pod_selector, [policy.namespace])
        yield Verdict(policy.file, "spec.podSelector", fault, external)
        own = list(world.rendered.selected(spec.pod_selector, [policy.namespace]))
        for index, ingress in enumerate(spec.ingress):
            for number, peer in enumerate(ingress.peers):
                yield from _peer(world, policy, f"spec.ingress[{index}].from[{number}]", peer)
            yield from _ports(policy, f"spec.ingress[{index}]", ingress.ports, own)
        for index, egress in enumerate(spec.egress):
            reached: list[Workload] = []
            for number, peer in enumerate(egress.peers):
                yield from _peer(world, policy, f"spec.egress[{index}].to[{number}]", peer)
                reached += _reached(world, policy, peer)
            yield from _ports(policy, f"spec.egress[{index}]", egress.ports, reached)


def _namespaces(world: World, policy: Object, peer: Peer) -> tuple[str, frozenset[str]]:
    if peer.namespace_selector is None:
        return "", frozenset({policy.namespace})
    return world.namespaces(peer.namespace_selector)


def _peer(world: World, policy: Object, place: str, peer: Peer) -> Iterator[Verdict]:
    fault, namespaces = _namespaces(world, policy, peer)
    if peer.namespace_selector is not None:
        yield Verdict(policy.file, f"{place}.namespaceSelector", fault)
    if peer.pod_selector is not None and not fault:
        external: ExternalObject | None
        fault, external = world.selects(peer.pod_selector, namespaces)
        yield Verdict(policy.file, f"{place}.podSelector", fault, external)


def _reached(world: World, policy: Object, peer: Peer) -> list[Workload]:
    if peer.pod_selector is None and peer.namespace_selector is None:
        return []
    _, namespaces = _namespaces(world, policy, peer)
    return list(world.rendered.selected(peer.pod_selector or Selector(), namespaces))


def _ports(policy: Object, place: str, ports: list[PolicyPort], pods: list[Workload]) -> Iterator[Verdict]:
    """One verdict for each port: a container of the selected pods has it. Without rendered pods there are none."""
    present = [item for pod in pods for container in pod.template.spec.serving() for item in container.ports]
    for index, port in enumerate(ports):
        if not port.port or not pods:
            continue
        exists = any(
            item.protocol == port.protocol and (item.name == port.port or _within(item.container_port, port))
            for item in present
        )
        known = {item.name if isinstance(port.port, str) else str(item.container_port) for item in present}
        fault = (
            f"no container of {_shown(pods)} has the port {port.port}/{port.protocol}{ending(str(port.port), known)}"
        )
        yield Verdict(policy.file, f"{place}.ports[{index}]", "" if exists else fault)


def _within(number: int, port: PolicyPort) -> bool:
    return isinstance(port.port, int) and port.port <= number <= max(port.port, port.end_port)


def _shown(pods: list[Workload]) -> str:
    return str(pods[0]) if len(pods) == 1 else f"these {len(pods)} workloads"
