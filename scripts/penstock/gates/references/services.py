"""Services: each selects pods, and each port targets a container port of all of these pods."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.nearest import ending
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.fields import Selector, ServicePort
from penstock.kube.objects import Service, Workload

_SLICE_OF = "kubernetes.io/service-name"


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each selector, each port, and each serviceName of a StatefulSet."""
    slices = {
        (item.namespace, item.metadata.labels.get(_SLICE_OF, ""))
        for item in world.rendered.of("EndpointSlice").values()
    }
    slices |= world.rendered.of("Endpoints").keys()  # the control plane mirrors Endpoints as slices
    for service in world.rendered.services.values():
        if service.spec.selector:
            fault, external = world.selects(Selector(match_labels=service.spec.selector), [service.namespace])
            yield Verdict(service.file, "spec.selector", fault, external)
            yield from _ports(world, service)
        elif not service.is_external:
            target = world.find("Endpoints", *service.key) or world.find("EndpointSlice", *service.key)
            fault = "" if target or service.key in slices else _NOTHING_BEHIND
            yield Verdict(service.file, "spec.selector", fault, target.external if target else None)
    for workload in world.rendered.workloads:
        if workload.kind == "StatefulSet" and workload.spec.service_name:
            yield Verdict(workload.file, "spec.serviceName", _governing_fault(world, workload))


_NOTHING_BEHIND = f"it has neither a selector nor an EndpointSlice with the label {_SLICE_OF}"


def _ports(world: World, service: Service) -> Iterator[Verdict]:
    for index, port in enumerate(service.spec.ports):
        reached = {id(backend.workload) for backend in world.network.backends(service, port)}
        for workload in world.network.behind(service):
            fault = "" if id(workload) in reached else _port_fault(workload, port)
            yield Verdict(service.file, f"spec.ports[{index}].targetPort", fault)


def _port_fault(workload: Workload, port: ServicePort) -> str:
    present = [item for container in workload.template.spec.serving() for item in container.ports]
    for item in present:
        if port.target in (item.name, item.container_port):
            return f"the protocol of {port.target} is {port.protocol}, but {workload} has it with {item.protocol}"
    if isinstance(port.target, str):
        names = {item.name for item in present if item.name}
        return f"no container port of {workload} has the name `{port.target}`{ending(port.target, names)}"
    numbers = {str(item.container_port) for item in present}
    return f"no container port of {workload} is {port.target}{ending(str(port.target), numbers)}"


def _governing_fault(world: World, workload: Workload) -> str:
    """The fault of a StatefulSet's governing Service: it must exist, be headless, and select the pods."""
    service = world.rendered.services.get((workload.namespace, workload.spec.service_name))
    if service is None:
        return world.missing("Service", workload.namespace, workload.spec.service_name)
    if not service.is_headless:
        headless = (
            item.name
            for item in world.rendered.services.values()
            if item.is_headless and item.namespace == workload.namespace
        )
        return f"{service} is not headless{ending(service.name, headless)}"
    return "" if workload in world.network.behind(service) else f"{service} does not select these pods"
