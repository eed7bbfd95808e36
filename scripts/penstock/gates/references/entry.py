"""The way into the cluster: each listener of a Gateway is on a port of the nodes that the provider forwards to.

A cluster in Docker has no load balancer, so a Gateway is reached only through the forwarded ports of its nodes. In a
cloud, the load balancer of the Gateway's Service serves every port.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.gates.references import nodes
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.gateway import GatewaySpec
from penstock.kube.objects import Object
from penstock.platform.cluster import InDocker
from penstock.platform.external import HostGateway


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each Gateway, and for each of its listeners that binds to a port of the nodes."""
    for provider, settings in world.cluster.in_docker.items():
        for rule in world.host_gateways:
            for gateway in nodes.gateways(world, rule):
                yield Verdict(gateway.file, "spec", _unreachable(world, rule, provider, settings))
                if nodes.holds(world, rule):
                    yield from _listeners(gateway, provider, settings)


def _unreachable(world: World, rule: HostGateway, provider: str, settings: InDocker) -> str:
    """Why no forwarded port leads to a node that listens; empty if one does."""
    if not nodes.holds(world, rule):
        missing = f"ConfigMap {rule.config_map} doesn't have {rule.key}: {rule.value}"
        return f"no address leads to this Gateway: {provider} has no load balancer, and {missing}"
    selector = nodes.setting(world, rule, rule.node_selector_key)
    lacking = [label for label in selector.split(",") if label and not _has(settings, label)]
    if lacking:
        labels = ", ".join(settings.node_labels) or "no label"
        selected = f"{rule.node_selector_key} of ConfigMap {rule.config_map} selects {lacking[0]}"
        return f"no node listens for this Gateway: {selected}, and {provider} gives its nodes {labels}"
    return ""


def _has(settings: InDocker, label: str) -> bool:
    """Whether nodes have a label, as far as that is known: the kubelet and Kubernetes set those of kubernetes.io."""
    prefix = label.partition("=")[0].rpartition("/")[0]
    return label in settings.node_labels or prefix.endswith("kubernetes.io")


def _listeners(gateway: Object, provider: str, settings: InDocker) -> Iterator[Verdict]:
    known = " and ".join(map(str, settings.forwarded))
    for index, listener in enumerate(gateway.spec_as(GatewaySpec).listeners):
        is_forwarded = listener.port in settings.forwarded
        fault = f"no address leads to port {listener.port}: {provider} forwards to {known} of the nodes"
        yield Verdict(gateway.file, f"spec.listeners[{index}].port", "" if is_forwarded else fault)
