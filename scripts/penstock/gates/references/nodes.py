"""Ports of the nodes: each has one claimant. Every container port of a pod on the host network is a node port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.gateway import GatewaySpec
from penstock.kube.objects import Object, Workload
from penstock.platform.external import HostGateway

_ANY = ("", "0.0.0.0", "::")  # noqa: S104, values of manifests


@dataclass(frozen=True)
class _Port:
    """A port that a workload, Service or Gateway claims on the nodes, and the place of the claim."""

    number: int
    protocol: str
    ip: str
    claimant: str
    file: str
    path: str

    def conflicts_with(self, other: _Port) -> bool:
        """Whether both claim the port on the same address of a node."""
        return self.ip == other.ip or self.ip in _ANY or other.ip in _ANY


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each claimed port; of two conflicting ones, the later one by file is at fault."""
    taken: dict[tuple[int, str], list[_Port]] = {}
    for item in world.node_ports:
        port = _Port(item.port, item.protocol, "", item.provided_by, "", "")
        taken.setdefault((port.number, port.protocol), []).append(port)
    for port in sorted(_claimed(world), key=lambda item: (item.file, item.path)):
        same = taken.setdefault((port.number, port.protocol), [])
        other = next((one for one in same if one.conflicts_with(port) and one.claimant != port.claimant), None)
        fault = _taken(port, other) if other else ""
        yield Verdict(port.file, port.path, fault)
        same.append(port)


def _taken(port: _Port, other: _Port) -> str:
    return f"{port.claimant} claims the node's port {port.number}/{port.protocol}, which {other.claimant} has"


def holds(world: World, rule: HostGateway) -> bool:
    """Whether a rule applies to an environment: the key of its ConfigMap has the value."""
    return setting(world, rule, rule.key) == rule.value


def setting(world: World, rule: HostGateway, key: str) -> str:
    """The value of a key in a rule's ConfigMap; empty if there is none."""
    namespace, _, name = rule.config_map.partition("/")
    config_map = world.rendered.config_maps.get((namespace, name))
    return config_map.files.data.get(key, "") if config_map else ""


def gateways(world: World, rule: HostGateway) -> list[Object]:
    """The Gateways of a rule's class."""
    every = world.rendered.of("Gateway").values()
    return [item for item in every if item.spec_as(GatewaySpec).gateway_class_name == rule.gateway_class]


def _claimed(world: World) -> Iterator[_Port]:
    for workload in world.rendered.workloads:
        yield from _of_pods(workload)
    for service in world.rendered.services.values():
        for index, port in enumerate(service.spec.ports):
            if port.node_port:
                place = f"spec.ports[{index}].nodePort"
                yield _Port(port.node_port, port.protocol, "", str(service), service.file, place)
    yield from _of_gateways(world)


def _of_pods(workload: Workload) -> Iterator[_Port]:
    serving = {item.name for item in workload.template.spec.serving()}
    for place, container in workload.containers():
        for index, port in enumerate(container.ports if container.name in serving else []):
            number = port.container_port if workload.template.spec.host_network else port.host_port
            if number:
                yield _Port(
                    number, port.protocol, port.host_ip, str(workload), workload.file, f"{place}.ports[{index}]"
                )


def _of_gateways(world: World) -> Iterator[_Port]:
    for rule in world.host_gateways:
        for gateway in gateways(world, rule) if holds(world, rule) else []:
            listeners = gateway.spec_as(GatewaySpec).listeners
            numbers = {each.port: f"spec.listeners[{index}].port" for index, each in enumerate(listeners)}
            for number, place in numbers.items():  # listeners may share a port
                yield _Port(number, "TCP", "", str(gateway), gateway.file, place)
