"""All connections of an environment: the arrows, the edges beside them, and what the manifests themselves ask for."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.errors import Findings, PenstockError
from penstock.core.nearest import ending
from penstock.kube.addresses import Address
from penstock.kube.dns import Target
from penstock.kube.objects import Object, Workload
from penstock.kube.paths import at
from penstock.platform.dataflow import Contract
from penstock.platform.rendered import Rendered
from penstock.platform.settings import Settings
from penstock.policies import arrows
from penstock.policies.contract import FILE, Connections, Edge, Way
from penstock.policies.peers import Connection, Ends, Pods, port


def connections(contract: Contract, found: Connections, rendered: Rendered) -> list[Connection]:
    """Every connection that policies are about, each once: one of its ends is a pod of the platform's own."""
    ends = Ends(found, rendered)
    flows = list(arrows.connections(ends, Settings(contract, rendered)))
    every = [
        *flows,
        *_roles(ends, flows),
        *(item for edge in found.edges for item in of_edge(ends, edge)),
        *_scrapes(ends),
        *_routes(ends),
        *_api(ends),
    ]
    every += _names(ends, every)
    subjects = ends.subjects
    kept = [item for item in every if item.sender in subjects or item.receiver in subjects]
    return list({(item.sender, item.receiver, item.port): item for item in reversed(kept)}.values())[::-1]


def idle(found: Connections, everywhere: list[Rendered]) -> list[str]:
    """A line for every edge that stands in no environment, or not in one that it names."""
    names = [item.environment for item in everywhere]
    findings = []
    for edge in found.edges:
        strange = [name for name in edge.environments if name not in names]
        standing = [item.environment for item in everywhere if any(of_edge(Ends(found, item), edge))]
        lacking = [name for name in edge.environments if name in names and name not in standing]
        shown = f"the edge {edge.from_} → {edge.to}"
        findings += [f"{shown}: unknown environment `{name}`{ending(name, names)}" for name in strange]
        if lacking or not standing:
            where = ", ".join(lacking) or "any environment"
            ends = {f"{one.namespace}/{one.name}" for item in everywhere for one in item.workloads}
            wrong = [end for end in (edge.from_, edge.to) if "/" in end and end not in ends]
            said = f"there is no workload {wrong[0]}{ending(wrong[0], ends)}" if wrong else "both ends and a port"
            findings.append(f"{shown} stands nowhere in {where}: {said if wrong else f'it needs {said}'}")
    return findings


def of_edge(ends: Ends, edge: Edge) -> Iterator[Connection]:
    """The connections of an edge; none in an environment that lacks an end, or the port of that name."""
    if edge.environments and ends.rendered.environment not in edge.environments:
        return
    both = [(ends.find(name) if "/" in name else None, name) for name in (edge.from_, edge.to)]
    if any(workload is None and "/" in name for workload, name in both):
        return
    sender, receiver = (ends.workload(workload) if workload else ends.named(name) for workload, name in both)
    for value in edge.ports:
        found = port(value, both[1][0])
        if found:
            yield Connection(sender, receiver, found, edge.why)


def _scrapes(ends: Ends) -> Iterator[Connection]:
    """Ports of Services by their name, and annotated pods; of a pod on the nodes' network, those of the nodes."""
    rule = ends.connections.scrapes
    scraper = ends.find(rule.from_)
    if scraper is None:
        raise Findings([f"{FILE}: scrapes: there is no workload {rule.from_}"], "name the one that scrapes")
    network = ends.rendered.network()
    for service in ends.rendered.services.values():
        for item in service.spec.ports:
            for backend in network.backends(service, item) if item.name == rule.port_name else ():
                where = (backend.port.container_port, backend.port.protocol)
                yield Connection(ends.workload(scraper), ends.workload(backend.workload), where, "metrics")
    for workload in ends.rendered.workloads:
        notes = workload.template.metadata.annotations
        if notes.get(f"{rule.annotation}/scrape") == "true":
            where = int(notes[f"{rule.annotation}/port"]), "TCP"
            yield Connection(ends.workload(scraper), ends.workload(workload), where, "metrics")


def _routes(ends: Ends) -> Iterator[Connection]:
    """From the Gateway's proxy to the pods behind every backend of an HTTPRoute."""
    network = ends.rendered.network()
    for route in ends.rendered.of("HTTPRoute").values():
        for _, value in at(route.content, "spec.rules[].backendRefs[]"):
            namespace = value.get("namespace", route.namespace)
            address = Address(value["name"], value["name"], value["port"], certain=True)
            target = network.resolve(address, namespace)
            for item in target.backends if isinstance(target, Target) else ():
                where = (item.port.container_port, item.port.protocol)
                why = f"requests from outside, by {_hosts(route)}"
                yield Connection(ends.named(ends.connections.gateway), ends.workload(item.workload), where, why)


def _hosts(route: Object) -> str:
    return ", ".join(route.content.get("spec", {}).get("hostnames", [])) or f"HTTPRoute {route.name}"


def _api(ends: Ends) -> Iterator[Connection]:
    """Whoever has a token asks the API server; nobody else has a use for it."""
    for pods, workload in ends.subjects.items():
        if has_token(workload, ends.rendered):
            yield from _way(ends, pods, ends.connections.api, "its token: the API")


def has_token(workload: Workload, rendered: Rendered) -> bool:
    """Whether the pods of a workload get a token: the pod says so, else its service account, else Kubernetes does."""
    said = _pod_spec(workload).get("automountServiceAccountToken")
    if said is None:
        name = workload.template.spec.service_account_name or "default"
        account = rendered.of("ServiceAccount").get((workload.namespace, name))
        said = account.content.get("automountServiceAccountToken") if account else None
    return said is not False


def _pod_spec(workload: Workload) -> dict[str, object]:
    value = workload.content
    for step in workload.pod_path.split("."):
        value = value[step]
    return value


def _roles(ends: Ends, flows: list[Connection]) -> Iterator[Connection]:
    """Whoever goes to the cloud by an arrow asks it for its role first."""
    way, outside = ends.connections.roles, ends.named(ends.connections.outside.to)
    for sender in dict.fromkeys(item.sender for item in flows if item.receiver == outside):
        if way and isinstance(sender, Pods):
            yield from _way(ends, sender, way, "its role in the cloud")


def _names(ends: Ends, every: list[Connection]) -> list[Connection]:
    """Whoever sends anything asks for names first."""
    senders = {item.sender for item in every}
    return [
        item for pods in ends.subjects if pods in senders for item in _way(ends, pods, ends.connections.names, "names")
    ]


def _way(ends: Ends, sender: Pods, way: Way, why: str) -> Iterator[Connection]:
    for value in way.ports:
        found = port(value, None)
        if found is None:
            raise PenstockError(f"{FILE}: `{value}` is no port", "write 53, or 53/UDP")
        yield Connection(sender, ends.named(way.to), found, why)
