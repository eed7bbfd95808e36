"""Peers as policies know them, and connections between them."""

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
    """Pods of a namespace that have some labels; all pods if there are none."""

    namespace: str
    labels: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Namespace/name, as far as labels say the name."""
        name = ",".join(dict.fromkeys(value for _, value in self.labels))
        return f"{self.namespace}/{name}" if name else f"the pods of {self.namespace}"


@dataclass(frozen=True, order=True)
class OtherNamespaces:
    """The pods of every namespace except these."""

    namespaces: tuple[str, ...]

    def __str__(self) -> str:
        """The name that findings show."""
        return "pods of other namespaces"


@dataclass(frozen=True, order=True)
class Entities:
    """Entities of Cilium, and networks that none of them covers."""

    names: tuple[str, ...]
    networks: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The entities and networks, as findings show them."""
        return " and ".join([*self.names, *self.networks])


Peer = Pods | OtherNamespaces | Entities


@dataclass(frozen=True)
class Connection:
    """One peer may open a connection to a port of another, for a reason."""

    sender: Peer
    receiver: Peer
    port: Port
    reason: str

    def __str__(self) -> str:
        """Sender, receiver and port, as findings show them."""
        return f"{self.sender} → {self.receiver} {shown(self.port)}"


@dataclass(frozen=True)
class Peers:
    """The peers of one environment."""

    connections: Connections
    rendered: Rendered

    def workload(self, workload: Workload) -> Peer:
        """The pods of a workload; pods on the host network are the peer `nodes`."""
        if workload.template.spec.host_network:
            return self.named(self.connections.nodes)
        return subject(workload)

    def find(self, name: str) -> Workload | None:
        """The workload of that namespace/name; None where this environment has none."""
        namespace, _, own = name.partition("/")
        return self.rendered.workloads_by_key.get((namespace, own))

    def named(self, name: str) -> Peer:
        """The peer of that name in connections.yaml."""
        peer = self.connections.peers[name]
        if peer.pods:
            return Pods(peer.pods, tuple(sorted(peer.labels.items())))
        if peer.namespaces_except:
            return OtherNamespaces(tuple(sorted({*self.owned, *peer.namespaces_except})))
        return Entities(tuple(peer.entities), tuple(peer.networks))

    @cached_property
    def owned(self) -> tuple[str, ...]:
        """The namespaces of the manifests, sorted."""
        return tuple(sorted(self.rendered.namespaces - BUILTIN_NAMESPACES))

    @cached_property
    def subjects(self) -> dict[Pods, Workload]:
        """Every workload that policies select: in a namespace of the manifests, on the pod network."""
        owned = frozenset(self.owned)
        return {
            subject(item): item
            for item in self.rendered.workloads
            if item.namespace in owned and not item.template.spec.host_network
        }


def subject(workload: Workload) -> Pods:
    """The pods of a workload, by the labels of its own selector."""
    labels = workload.selector.match_labels if workload.selector else {}
    return Pods(workload.namespace, tuple(sorted((labels or workload.labels).items())))


def port(value: int | str, receiver: Workload | None) -> Port | None:
    """A port as written: a number, `53/UDP`, `any`, or a port name; None if the receiver has no port of that name."""
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
    """A port as findings show it."""
    if port == ANY:
        return "any port"
    return str(port[0]) if port[1] == "TCP" else f"{port[0]}/{port[1]}"
