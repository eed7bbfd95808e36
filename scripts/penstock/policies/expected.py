"""The connections that policies must allow: those of arrows and edges, and those that follow from the manifests."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.errors import Findings, PenstockError
from penstock.core.nearest import ending
from penstock.kube.addresses import Address
from penstock.kube.dns import Target
from penstock.kube.gateway import RouteSpec
from penstock.kube.objects import Workload
from penstock.platform import lineage
from penstock.platform.dataflow import Contract
from penstock.platform.rendered import Rendered
from penstock.platform.settings import Settings
from penstock.policies import arrows
from penstock.policies.contract import FILE, Connections, Destination, Edge
from penstock.policies.peers import Connection, Peers, Pods, port


def connections(contract: Contract, declared: Connections, rendered: Rendered) -> list[Connection]:
    """Return the distinct connections from or to pods that policies select."""
    peers = Peers(declared, rendered)
    flows = list(arrows.connections(peers, Settings(contract, rendered)))
    every = [
        *flows,
        *_cloud_identity(peers, flows),
        *(item for edge in declared.edges for item in of_edge(peers, edge)),
        *_scrapes(peers),
        *_routes(peers),
        *_api(peers),
    ]
    every += _dns(peers, every)
    subjects = peers.subjects
    kept = [item for item in every if item.sender in subjects or item.receiver in subjects]
    return list({(item.sender, item.receiver, item.port): item for item in reversed(kept)}.values())[::-1]


def unused(declared: Connections, everywhere: list[Rendered]) -> list[str]:
    """Return a line for each edge that applies to no environment, or not to all that it lists."""
    names = sorted({name for item in everywhere for name in item.named})
    findings = []
    for edge in declared.edges:
        unknown = [name for name in edge.environments if name not in names]
        applied = [item.environment for item in everywhere if any(of_edge(Peers(declared, item), edge))]
        concrete = [item.environment for item in everywhere if item.environment in edge.environments]
        lacking = [name for name in concrete if name not in applied]
        shown = f"the edge {edge.from_} → {edge.to}"
        findings += [f"{shown}: unknown environment `{name}`{ending(name, names)}" for name in unknown]
        if lacking or not applied:
            where = ", ".join(lacking) or "any environment"
            workloads = {f"{one.namespace}/{one.name}" for item in everywhere for one in item.workloads}
            wrong = [name for name in (edge.from_, edge.to) if "/" in name and name not in workloads]
            missing = (
                f"there is no workload {wrong[0]}{ending(wrong[0], workloads)}" if wrong else "it lacks a peer or port"
            )
            findings.append(f"{shown} does not apply to {where}: {missing}")
    return findings


def of_edge(peers: Peers, edge: Edge) -> Iterator[Connection]:
    """Yield the connections of an edge; none in an environment that lacks a peer or a named port."""
    if not lineage.applies(edge.environments, peers.rendered.named):
        return
    both = [(peers.find(name) if "/" in name else None, name) for name in (edge.from_, edge.to)]
    if any(workload is None and "/" in name for workload, name in both):
        return
    sender, receiver = (peers.workload(workload) if workload else peers.named(name) for workload, name in both)
    for value in edge.ports:
        number = port(value, both[1][0])
        if number:
            yield Connection(sender, receiver, number, edge.reason)


def _scrapes(peers: Peers) -> Iterator[Connection]:
    """From the scraper to Service ports of the declared name and to annotated pods, or to their nodes."""
    rule = peers.connections.scrapes
    scraper = peers.find(rule.from_)
    if scraper is None:
        raise Findings([f"{FILE}: scrapes: there is no workload {rule.from_}"], "name the workload that scrapes")
    network = peers.rendered.network()
    for service in peers.rendered.services.values():
        for item in service.spec.ports:
            for backend in network.backends(service, item) if item.name == rule.port_name else ():
                where = (backend.port.container_port, backend.port.protocol)
                yield Connection(peers.workload(scraper), peers.workload(backend.workload), where, "metrics")
    for workload in peers.rendered.workloads:
        annotations = workload.template.metadata.annotations
        if annotations.get(f"{rule.annotation}/scrape") == "true":
            where = int(annotations[f"{rule.annotation}/port"]), "TCP"
            yield Connection(peers.workload(scraper), peers.workload(workload), where, "metrics")


def _routes(peers: Peers) -> Iterator[Connection]:
    """From the Gateway to the pods behind every backend of an HTTPRoute."""
    network = peers.rendered.network()
    for route in peers.rendered.of("HTTPRoute").values():
        spec = route.spec_as(RouteSpec)
        reason = f"requests from outside, by {', '.join(spec.hostnames) or f'HTTPRoute {route.name}'}"
        for backend in (item for rule in spec.rules for item in rule.backend_refs):
            address = Address(backend.name, backend.name, backend.port, certain=True)
            target = network.resolve(address, backend.namespace or route.namespace)
            for item in target.backends if isinstance(target, Target) else ():
                where = (item.port.container_port, item.port.protocol)
                yield Connection(peers.named(peers.connections.gateway), peers.workload(item.workload), where, reason)


def _api(peers: Peers) -> Iterator[Connection]:
    """From pods with a token to the API server."""
    for pods, workload in peers.subjects.items():
        if has_token(workload, peers.rendered):
            yield from _to(peers, pods, peers.connections.api, "the API server, with its token")


def has_token(workload: Workload, rendered: Rendered) -> bool:
    """Whether the pods of a workload get a token: set by the pod, else by its service account; by default they do."""
    automount = workload.template.spec.automount_service_account_token
    if automount is None:
        name = workload.template.spec.service_account_name or "default"
        account = rendered.of("ServiceAccount").get((workload.namespace, name))
        automount = account.content.get("automountServiceAccountToken") if account else None
    return automount is not False


def _cloud_identity(peers: Peers, flows: list[Connection]) -> Iterator[Connection]:
    """From pods with an arrow to a cloud service to the source of their credentials."""
    destination, outside = peers.connections.cloud_identity, peers.named(peers.connections.outside.to)
    for sender in dict.fromkeys(item.sender for item in flows if item.receiver == outside):
        if destination and isinstance(sender, Pods):
            yield from _to(peers, sender, destination, "credentials of the cloud")


def _dns(peers: Peers, every: list[Connection]) -> list[Connection]:
    """From pods with any connection to the resolver."""
    senders = {item.sender for item in every}
    return [
        item for pods in peers.subjects if pods in senders for item in _to(peers, pods, peers.connections.dns, "DNS")
    ]


def _to(peers: Peers, sender: Pods, destination: Destination, reason: str) -> Iterator[Connection]:
    for value in destination.ports:
        number = port(value, None)
        if number is None:
            raise PenstockError(f"{FILE}: `{value}` is no port", "write 53, or 53/UDP")
        yield Connection(sender, peers.named(destination.to), number, reason)
