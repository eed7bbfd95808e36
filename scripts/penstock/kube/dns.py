"""The cluster's DNS: resolves an address to a Service, its port and the containers behind it.

The forms (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/): `svc`, `svc.ns`, `svc.ns.svc` and
`svc.ns.svc.<domain>`; if the Service is headless, also with a pod's name in front.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from penstock.core.nearest import ending
from penstock.kube.addresses import Address
from penstock.kube.containers import Container, ContainerPort
from penstock.kube.fields import Selector, ServicePort
from penstock.kube.objects import Key, Service, Workload

_USUAL_DOMAIN = ["cluster", "local"]
# Top-level domains that may also be names of namespaces: a host that ends in one may be outside the cluster.
_PUBLIC_DOMAINS = frozenset(
    {"ai", "app", "biz", "cloud", "com", "dev", "eu", "info", "io", "net", "org", "run", "sh", "tech", "test", "tools"}
)


@dataclass(frozen=True)
class Backend:
    """A container that listens behind a Service."""

    workload: Workload
    container: Container
    port: ContainerPort


@dataclass(frozen=True)
class Target:
    """The Service that an address resolves to, with its backends in the manifests.

    `port` is None if the address has none, and for an ExternalName.
    """

    service: Service
    port: ServicePort | None
    backends: tuple[Backend, ...]


@dataclass(frozen=True)
class Broken:
    """An address that doesn't resolve, and the reason."""

    message: str


@dataclass(frozen=True)
class Network:
    """The DNS names of a cluster. `services` may include Services outside the manifests, such as Kubernetes' own.

    `selected` returns the workloads whose pods a selector matches in some namespaces.
    """

    domain: str
    services: Mapping[Key, Service]
    selected: Callable[[Selector, Iterable[str]], Iterator[Workload]]
    namespaces: frozenset[str]

    def resolve(self, address: Address, namespace: str) -> Target | Broken | None:
        """Resolve an address in a pod of `namespace`; None if it isn't a name of this cluster."""
        host = address.host.rstrip(".").split(".")
        if "svc" in host[2:]:
            at = host.index("svc", 2)
            *pod, name, where = host[:at]
            if host[at + 1 :] not in ([], self.domain.split(".")):
                if address.is_name and host[at + 1 :] != _USUAL_DOMAIN:
                    return None
                return Broken(f"the cluster's domain is {self.domain}, not {'.'.join(host[at + 1 :])}")
        elif len(host) == 1:
            pod, name, where = [], host[0], namespace
            if not address.certain and (where, name) not in self.services:
                return None
        elif len(host) <= 3 and host[-1] in self.namespaces:
            *pod, name, where = host
        elif len(host) == 2 and (namespace, host[1]) in self.services:
            pod, name, where = host[:1], host[1], namespace
        else:
            return None
        service = self.services.get((where, name))
        if service is None:
            is_outside = host[-1] in _PUBLIC_DOMAINS or (address.is_name and "svc" not in host)
            if is_outside and len(host) > 1:
                return None
            return Broken(f"there is no Service {where}/{name}{self._nearest(where, name)}")
        return self._pod_fault(service, pod) or self._target(service, address.port)

    def backends(self, service: Service, port: ServicePort) -> tuple[Backend, ...]:
        """The container ports that a Service port targets."""
        return tuple(
            Backend(workload, container, item)
            for workload in self.behind(service)
            for container in workload.template.spec.serving()
            for item in container.ports
            if port.target in (item.name, item.container_port) and port.protocol == item.protocol
        )

    def behind(self, service: Service) -> list[Workload]:
        """The workloads whose pods a Service selects."""
        if not service.spec.selector:
            return []
        return list(self.selected(Selector(match_labels=service.spec.selector), [service.namespace]))

    def _target(self, service: Service, asked: int | str | None) -> Target | Broken:
        if asked is None or service.is_external:
            return Target(service, None, ())
        for port in service.spec.ports:
            if asked in (port.port, port.name):
                backends = self.backends(service, port)
                listening = {backend.port.container_port for backend in backends}
                if service.is_headless and listening and asked == port.port and asked not in listening:
                    numbers = ", ".join(map(str, sorted(listening)))
                    return Broken(
                        f"{service} is headless: nothing translates {asked}, and its pods listen on {numbers}"
                    )
                return Target(service, port, backends)
        return Broken(f"{service} has no port {asked}; it has {ports(service.spec.ports)}")

    def _pod_fault(self, service: Service, pod: list[str]) -> Broken | None:
        if not pod:
            return None
        name = ".".join(pod)
        known = [pod for workload in self.behind(service) for pod in _pod_names(workload, service)]
        if service.is_headless and name in known:
            return None
        return Broken(f"{service} gives no pod the name {name}{ending(name, known)}")

    def _nearest(self, namespace: str, name: str) -> str:
        elsewhere = sorted(f"{name}.{where}" for where, other in self.services if other == name)
        if elsewhere:
            return f"; did you mean `{elsewhere[0]}`?"
        return ending(name, (other for where, other in self.services if where == namespace))


def ports(known: Iterable[ServicePort]) -> str:
    """The ports of a Service, as messages list them."""
    return ", ".join(f"{port.port} ({port.name})" if port.name else str(port.port) for port in known) or "none"


def _pod_names(workload: Workload, service: Service) -> list[str]:
    if workload.kind != "StatefulSet" or workload.spec.service_name != service.name:
        return []
    return [f"{workload.name}-{number}" for number in range(workload.spec.replicas)]
