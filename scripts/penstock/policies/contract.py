"""connections.yaml: what connects in the cluster beside the telemetry of dataflow.yaml, and why."""

from __future__ import annotations

from pathlib import Path

from msgspec import field

from penstock.core.errors import Findings
from penstock.core.model import Strict, load
from penstock.core.nearest import ending

FILE = "connections.yaml"
# https://docs.cilium.io/en/stable/security/policy/language/#entities-based, as far as they are of use here.
ENTITIES = ("host", "ingress", "kube-apiserver", "remote-node", "world")


class End(Strict, frozen=True):
    """An end of connections that no manifest of ours makes; exactly one of these says what it is.

    `pods` are those of a namespace, with `labels` only those that have them. `others` are the pods of every namespace
    but the platform's own and these. `entities` are Cilium's words, with `networks` (CIDRs) for what it may have no
    word for.
    """

    pods: str = ""
    labels: dict[str, str] = {}
    others: list[str] = []
    entities: list[str] = []
    networks: list[str] = []

    @property
    def said(self) -> list[str]:
        """The kinds of end that it names."""
        given = {"pods": self.pods, "others": self.others, "entities": self.entities or self.networks}
        return [name for name, value in given.items() if value]


class Way(Strict, frozen=True):
    """An end, and the ports it is asked at: `53`, `53/UDP`."""

    to: str
    ports: list[int | str]


class Scrapes(Strict, frozen=True):
    """Who scrapes, and what: ports of Services by their name, and pods with the annotations /scrape and /port."""

    from_: str = field(name="from")
    port_name: str = field(name="portName")
    annotation: str


class Edge(Strict, frozen=True):
    """A connection and its reason. An end is a workload, `namespace/name`, or a name under `ends`.

    `ports` are numbers, with `/UDP` where it isn't TCP, or names of the receiver's container ports. Without
    `environments` it stands wherever both ends do.
    """

    from_: str = field(name="from")
    to: str
    ports: list[int | str]
    why: str
    environments: list[str] = []


class Connections(Strict, frozen=True):
    """The whole file.

    `names` is where pods ask for names: whoever sends anything may. `api` is the API server: pods that have a token
    may. `gateway` is the end that requests from outside come from, to where an HTTPRoute leads. `outside` stands for
    what dataflow.yaml has `outside` of the manifests: the end, and the port of an address that has none; whoever goes
    there asks at `roles` who it is, where a cloud hands out roles. `nodes` are the pods on the nodes' own network,
    which no policy tells apart.
    """

    ends: dict[str, End]
    names: Way
    api: Way
    gateway: str
    nodes: str
    outside: Way
    scrapes: Scrapes
    roles: Way | None = None
    edges: list[Edge] = []


def read(root: Path) -> Connections | None:
    """The file, None where there is none; PenstockError for an unknown key, Findings for ends that make no sense."""
    path = root / FILE
    if not path.is_file():
        return None
    found = load(path, Connections, FILE)
    findings = [
        f"{FILE}: the end `{name}` has to be exactly one of pods, others and entities"
        for name, end in found.ends.items()
        if len(end.said) != 1
    ]
    findings += [
        f"{FILE}: the end `{name}`: Cilium has no entity `{one}`{ending(one, ENTITIES)}"
        for name, end in found.ends.items()
        for one in end.entities
        if one not in ENTITIES
    ]
    named = [found.names.to, found.api.to, found.gateway, found.nodes, found.outside.to]
    named += [found.roles.to] if found.roles else []
    named += [end for edge in found.edges for end in (edge.from_, edge.to) if "/" not in end]
    findings += [
        f"{FILE}: there is no end `{name}`{ending(name, found.ends)}"
        for name in dict.fromkeys(named)
        if name not in found.ends
    ]
    findings += [f"{FILE}: nothing names the end `{name}`" for name in found.ends if name not in named]
    if findings:
        raise Findings(findings, "docs/reference/files.md has the keys of connections.yaml")
    return found
