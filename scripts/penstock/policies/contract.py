"""connections.yaml: connections that are allowed in addition to the arrows of dataflow.yaml, and their reasons."""

from __future__ import annotations

from pathlib import Path

from msgspec import field

from penstock.core.errors import Findings
from penstock.core.model import Strict, load
from penstock.core.nearest import ending

FILE = "connections.yaml"
# Those of https://docs.cilium.io/en/stable/security/policy/language/#entities-based that can be evaluated.
ENTITIES = ("host", "ingress", "kube-apiserver", "remote-node", "world")


class NamedPeer(Strict, frozen=True, rename="camel"):
    """A sender or receiver outside the manifests: exactly one of `pods`, `namespaces_except` and `entities`.

    `pods` is a namespace; `labels` restrict it to pods that have them. `namespaces_except` selects the pods of all
    namespaces except these and the platform's. `entities` are Cilium's; `networks` are CIDRs for addresses that no
    entity covers.
    """

    pods: str = ""
    labels: dict[str, str] = {}
    namespaces_except: list[str] = []
    entities: list[str] = []
    networks: list[str] = []

    @property
    def kinds(self) -> list[str]:
        """The keys that define the peer; a valid peer has one."""
        values = {
            "pods": self.pods,
            "namespacesExcept": self.namespaces_except,
            "entities": self.entities or self.networks,
        }
        return [name for name, value in values.items() if value]


class Destination(Strict, frozen=True):
    """A peer and its ports, such as `53` or `53/UDP`."""

    to: str
    ports: list[int | str]


class Scrapes(Strict, frozen=True, rename="camel"):
    """The scrape targets of the workload `from_`.

    They are Service ports named `port_name`, and pods with the annotations `<annotation>/scrape` and
    `<annotation>/port`.
    """

    from_: str = field(name="from")
    port_name: str
    annotation: str


class Edge(Strict, frozen=True):
    """A connection and its reason. `from_` and `to` are workloads (`namespace/name`) or names under `peers`.

    `ports` are numbers, with `/UDP` for UDP, or names of the receiver's container ports. Without `environments` the
    edge applies to every environment that has both peers.
    """

    from_: str = field(name="from")
    to: str
    ports: list[int | str]
    reason: str
    environments: list[str] = []


class Connections(Strict, frozen=True, rename="camel"):
    """The contents of connections.yaml.

    `dns` is the resolver, for every pod with connections. `api` is the API server, for pods with a token. `gateway`
    sends requests to the backends of HTTPRoutes. `nodes` represents all pods on the host network, which policies can't
    distinguish. `outside` is the destination for nodes of dataflow.yaml that are `outside` an environment; its port
    is used for addresses without one. Pods that connect there also reach `cloud_identity`, which issues their cloud
    credentials.
    """

    peers: dict[str, NamedPeer]
    dns: Destination
    api: Destination
    gateway: str
    nodes: str
    outside: Destination
    scrapes: Scrapes
    cloud_identity: Destination | None = None
    edges: list[Edge] = []


def read(root: Path) -> Connections | None:
    """Return the contents, or None without the file; raises PenstockError for unknown keys, Findings for bad peers."""
    path = root / FILE
    if not path.is_file():
        return None
    content = load(path, Connections, FILE)
    findings = [
        f"{FILE}: the peer `{name}` needs exactly one of pods, namespacesExcept and entities"
        for name, peer in content.peers.items()
        if len(peer.kinds) != 1
    ]
    findings += [
        f"{FILE}: the peer `{name}`: Cilium has no entity `{one}`{ending(one, ENTITIES)}"
        for name, peer in content.peers.items()
        for one in peer.entities
        if one not in ENTITIES
    ]
    used = [content.dns.to, content.api.to, content.gateway, content.nodes, content.outside.to]
    used += [content.cloud_identity.to] if content.cloud_identity else []
    used += [name for edge in content.edges for name in (edge.from_, edge.to) if "/" not in name]
    findings += [
        f"{FILE}: there is no peer `{name}`{ending(name, content.peers)}"
        for name in dict.fromkeys(used)
        if name not in content.peers
    ]
    findings += [f"{FILE}: nothing refers to the peer `{name}`" for name in content.peers if name not in used]
    if findings:
        raise Findings(findings, "docs/reference/files.md lists the keys of connections.yaml")
    return content
