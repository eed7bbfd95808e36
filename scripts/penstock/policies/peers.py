"""The ends of a connection as policies know them, and connections."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from penstock.core.errors import PenstockError
from penstock.kube.kinds import BUILTIN_NAMESPACES
from penstock.kube.objects import Workload
from penstock.platform.rendered import Rendered
from penstock.policies.contract import FILE, Connections

Port = tuple[int, str]
"""A number and TCP or UDP."""
ANY: Port = (0, "ANY")


@dataclass(frozen=True, order=True)
class Pods:
    """Pods of a namespace that have some labels; all of them where there are none."""

    namespace: str
    labels: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Namespace/name, as far as labels say the name."""
        name = ",".join(dict.fromkeys(value for _, value in self.labels))
        return f"{self.namespace}/{name}" if name else f"the pods of {self.namespace}"


@dataclass(frozen=True, order=True)
class Others:
    """The pods of every namespace but these."""

    namespaces: tuple[str, ...]

    def __str__(self) -> str:
        """As people say it."""
        return "pods of other namespaces"


@dataclass(frozen=True, order=True)
class Entities:
    """What Cilium has words for, and networks beside them."""

    names: tuple[str, ...]
    networks: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As people say it."""
        return " and ".join([*self.names, *self.networks])


End = Pods | Others | Entities


@dataclass(frozen=True)
class Connection:
    """That one end may open a connection to a port of another, and why."""

    sender: End
    receiver: End
    port: Port
    why: str

    def __str__(self) -> str:
        """As people say it."""
        return f"{self.sender} → {self.receiver} {shown(self.port)}"


@dataclass(frozen=True)
class Ends:
    """The ends of one environment."""

    connections: Connections
    rendered: Rendered

    def workload(self, workload: Workload) -> End:
        """The pods of a workload; on the nodes' own network they are the nodes to everybody else."""
        if workload.template.spec.host_network:
            return self.named(self.connections.nodes)
        return subject(workload)

    def find(self, name: str) -> Workload | None:
        """The workload of that namespace/name; None where this environment has none."""
        namespace, _, own = name.partition("/")
        return self.rendered.workloads_by_key.get((namespace, own))

    def named(self, name: str) -> End:
        """An end that connections.yaml names."""
        end = self.connections.ends[name]
        if end.pods:
            return Pods(end.pods, tuple(sorted(end.labels.items())))
        if end.others:
            return Others(tuple(sorted({*self.owned, *end.others})))
        return Entities(tuple(end.entities), tuple(end.networks))

    @cached_property
    def owned(self) -> tuple[str, ...]:
        """The namespaces that the manifests themselves make, sorted."""
        return tuple(sorted(self.rendered.namespaces - BUILTIN_NAMESPACES))

    @cached_property
    def subjects(self) -> dict[Pods, Workload]:
        """Every workload that policies are about: in one of those namespaces, on the pods' network."""
        owned = frozenset(self.owned)
        return {
            subject(item): item
            for item in self.rendered.workloads
            if item.namespace in owned and not item.template.spec.host_network
        }


def subject(workload: Workload) -> Pods:
    """The pods of a workload, by the labels that it selects them by itself."""
    labels = workload.selector.match_labels if workload.selector else {}
    return Pods(workload.namespace, tuple(sorted((labels or workload.labels).items())))


def port(value: int | str, receiver: Workload | None) -> Port | None:
    """A port as it is written: a number, `53/UDP`, `any`, or a name of the receiver's; None where it has none such."""
    if value == "any":
        return ANY
    number, _, protocol = str(value).partition("/")
    if number.isdigit():
        return int(number), protocol or "TCP"
    if receiver is None:
        raise PenstockError(f"{FILE}: the port `{value}` is a name, and its receiver is no workload", "say its number")
    for container in receiver.template.spec.serving():
        for item in container.ports:
            if item.name == value:
                return item.container_port, item.protocol
    return None


def shown(port: Port) -> str:
    """A port as people say it."""
    if port == ANY:
        return "any port"
    return str(port[0]) if port[1] == "TCP" else f"{port[0]}/{port[1]}"
