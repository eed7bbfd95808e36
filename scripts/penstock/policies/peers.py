"""The peers that policies distinguish, and connections between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from penstock.core.errors import PenstockError
from penstock.kube.kinds import BUILTIN_NAMESPACES
from penstock.kube.objects import Workload
from penstock.platform.rendered import Rendered
from penstock.policies.contract import FILE, Connections

Port = tuple[int, str]
"""A port number, and its protocol: TCP or UDP."""
ANY: Port = (0, "ANY")


@dataclass(frozen=True, order=True)
class Pods:
    """The pods of a namespace that have these labels; without labels, all of its pods."""

    namespace: str
    labels: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Namespace and the values of the labels, as messages show them."""
        name = ",".join(dict.fromkeys(value for _, value in self.labels))
        return f"{self.namespace}/{name}" if name else f"the pods of {self.namespace}"


@dataclass(frozen=True, order=True)
class OtherNamespaces:
    """The pods of all namespaces except these."""

    namespaces: tuple[str, ...]

    def __str__(self) -> str:
        """The peer's name in messages."""
        return "pods of other namespaces"


@dataclass(frozen=True, order=True)
class Entities:
    """Cilium's entities, and networks that none of them covers."""

    names: tuple[str, ...]
    networks: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The entities and networks, as messages show them."""
        return " and ".join([*self.names, *self.networks])


Peer = Pods | OtherNamespaces | Entities


@dataclass(frozen=True)
class Connection:
    """A connection that the sender may open to a port of the receiver, and its reason."""

    sender: Peer
    receiver: Peer
    port: Port
    reason: str

    def __str__(self) -> str:
        """Sender, receiver and port, as messages show them."""
        return f"{self.sender} → {self.receiver} {shown(self.port)}"


@dataclass(frozen=True)
class Peers:
    """The peers of one environment, by workload and by name."""

    connections: Connections
    rendered: Rendered

    def workload(self, workload: Workload) -> Peer:
        """Return the peer of a workload: its pods, or `nodes` if they are on the host network."""
        if workload.template.spec.host_network:
            return self.named(self.connections.nodes)
        return subject(workload)

    def find(self, name: str) -> Workload | None:
        """Return the workload `namespace/name`; None if this environment doesn't have it."""
        namespace, _, own = name.partition("/")
        return self.rendered.workloads_by_key.get((namespace, own))

    def named(self, name: str) -> Peer:
        """Return the peer `name` of connections.yaml."""
        peer = self.connections.peers[name]
        if peer.pods:
            return Pods(peer.pods, tuple(sorted(peer.labels.items())))
        if peer.namespaces_except:
            return OtherNamespaces(tuple(sorted({*self.owned, *peer.namespaces_except})))
        return Entities(tuple(peer.entities), tuple(peer.networks))

    @cached_property
    def owned(self) -> tuple[str, ...]:
        """The namespaces of the manifests, sorted, without the built-in ones."""
        return tuple(sorted(self.rendered.namespaces - BUILTIN_NAMESPACES))

    @cached_property
    def subjects(self) -> dict[Pods, Workload]:
        """The pods and workloads that policies select: those in namespaces of the manifests, on the pod network."""
        owned = frozenset(self.owned)
        return {
            subject(item): item
            for item in self.rendered.workloads
            if item.namespace in owned and not item.template.spec.host_network
        }


def subject(workload: Workload) -> Pods:
    """Return the pods of a workload, by the labels of its selector, or else of its pods."""
    labels = workload.spec.selector.match_labels if workload.spec.selector else {}
    return Pods(workload.namespace, tuple(sorted((labels or workload.labels).items())))


def port(value: int | str, receiver: Workload | None) -> Port | None:
    """Parse a port: a number, `53/UDP`, `any`, or a name; None if the receiver has no port of that name.

    Raises PenstockError for a name if the receiver isn't a workload.
    """
    if value == "any":
        return ANY
    number, _, protocol = str(value).partition("/")
    if number.isdigit():
        return int(number), protocol or "TCP"
    if receiver is None:
        raise PenstockError(f"{FILE}: the port `{value}` is a name, but its receiver is no workload", "use its number")
    for container in receiver.template.spec.serving():
        for item in container.ports:
            if item.name == value:
                return item.container_port, item.protocol
    return None


def shown(port: Port) -> str:
    """Format a port for messages: `80`, `53/UDP` or `any port`."""
    if port == ANY:
        return "any port"
    return str(port[0]) if port[1] == "TCP" else f"{port[0]}/{port[1]}"
