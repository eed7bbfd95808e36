"""The Gateway API: every route has a listener that admits it, and backends that exist.

Rules: AllowedRoutes, ParentReference and ReferenceGrant in https://gateway-api.sigs.k8s.io/reference/spec/.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.model import convert
from penstock.core.nearest import ending
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.addresses import Address
from penstock.kube.dns import Broken, Target
from penstock.kube.fields import KubeStruct
from penstock.kube.gateway import BackendRef, GatewaySpec, Listener, RouteSpec
from penstock.kube.objects import Object
from penstock.kube.paths import at

_GROUP = "gateway.networking.k8s.io/"


class _Parent(KubeStruct, frozen=True):
    name: str
    kind: str = "Gateway"
    namespace: str = ""
    section_name: str = ""
    port: int = 0


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each listener's namespaces and certificates, each parent, host name and backend of a route."""
    for item in world.rendered.objects:
        if not item.content["apiVersion"].startswith(_GROUP):
            continue
        if item.kind == "Gateway":
            yield from _gateway(world, item)
        elif item.kind.endswith("Route"):
            yield from _route(world, item)


def _gateway(world: World, gateway: Object) -> Iterator[Verdict]:
    for index, listener in enumerate(_listeners(gateway)):
        namespaces = listener.allowed_routes.namespaces
        if namespaces.scope == "Selector":
            fault, _ = world.namespaces(namespaces.selector)
            yield Verdict(gateway.file, f"spec.listeners[{index}].allowedRoutes.namespaces.selector", fault)
    for place, certificate in at(gateway.content, "spec.listeners[].tls.certificateRefs[]"):
        kind, name = certificate.get("kind", "Secret"), certificate["name"]
        namespace = certificate.get("namespace", gateway.namespace)
        target = world.find(kind, namespace, name)
        fault = _ungranted(world, gateway, kind, namespace, name) if target else world.missing(kind, namespace, name)
        yield Verdict(gateway.file, place, fault, target.external if target else None)


def _route(world: World, route: Object) -> Iterator[Verdict]:
    for place, value in at(route.content, "spec.parentRefs[]"):
        parent = convert(value, _Parent, route.file)
        if parent.kind == "Gateway":
            yield Verdict(route.file, place, _parent_fault(world, route, parent))
    for path in ("spec.rules[].backendRefs[]", "spec.rules[].filters[].requestMirror.backendRef"):
        for place, value in at(route.content, path):
            backend = convert(value, BackendRef, route.file)
            if backend.kind == "Service":
                yield _backend(world, route, place, backend)


def _parent_fault(world: World, route: Object, parent: _Parent) -> str:
    namespace = parent.namespace or route.namespace
    gateway = world.rendered.of("Gateway").get((namespace, parent.name))
    if gateway is None:
        return world.missing("Gateway", namespace, parent.name)
    listeners = _listeners(gateway)
    named = [item for item in listeners if parent.section_name in ("", item.name)]
    if not named:
        return f"{gateway} has no listener `{parent.section_name}`{ending(parent.section_name, _names(listeners))}"
    named = [item for item in named if parent.port in (0, item.port)]
    if not named:
        return f"no listener of {gateway} has the port {parent.port}; they have {', '.join(_ports(listeners))}"
    admitting = [item for item in named if _admits(world, gateway, item, route.namespace)]
    if not admitting:
        return f"no listener of {gateway} admits routes of the namespace {route.namespace}: {', '.join(_names(named))}"
    wrong = [
        host for host in route.spec_as(RouteSpec).hostnames if not any(_fits(host, item.hostname) for item in admitting)
    ]
    if wrong:
        offered = {item.hostname for item in admitting}
        return f"no listener of {gateway} serves the host {wrong[0]}{ending(wrong[0], offered)}"
    return ""


def _backend(world: World, route: Object, place: str, backend: BackendRef) -> Verdict:
    namespace = backend.namespace or route.namespace
    text = f"{namespace}/{backend.name}:{backend.port}"
    address = Address(text, backend.name, backend.port, certain=True)
    found = world.network.resolve(address, namespace)
    if not isinstance(found, Target):
        return Verdict(route.file, place, found.message if isinstance(found, Broken) else f"{text} is no Service")
    external = world.external_services.get(found.service.key)
    return Verdict(route.file, place, _ungranted(world, route, "Service", namespace, backend.name), external)


def _ungranted(world: World, item: Object, kind: str, namespace: str, name: str) -> str:
    """The fault of a reference into another namespace without a ReferenceGrant there."""
    if namespace == item.namespace:
        return ""
    for grant in world.rendered.of("ReferenceGrant").values():
        if grant.namespace != namespace:
            continue
        spec = grant.content["spec"]
        is_from = any((one["kind"], one["namespace"]) == (item.kind, item.namespace) for one in spec["from"])
        is_to = any(one["kind"] == kind and one.get("name", name) == name for one in spec["to"])
        if is_from and is_to:
            return ""
    return f"no ReferenceGrant in {namespace} lets {item.kind}s of {item.namespace} use {kind} {name}"


def _admits(world: World, gateway: Object, listener: Listener, namespace: str) -> bool:
    allowed = listener.allowed_routes.namespaces
    if allowed.scope == "Selector":
        return namespace in world.namespaces(allowed.selector)[1]
    return allowed.scope == "All" or namespace == gateway.namespace


def _fits(host: str, offered: str) -> bool:
    """Whether the host names of a route and a listener overlap; `*.` matches one or more labels."""
    if not offered or host == offered:
        return True
    if offered.startswith("*."):
        return host.removeprefix("*").endswith(offered[1:])
    return host.startswith("*.") and offered.endswith(host[1:])


def _listeners(gateway: Object) -> list[Listener]:
    return gateway.spec_as(GatewaySpec).listeners


def _names(listeners: list[Listener]) -> list[str]:
    return [item.name for item in listeners]


def _ports(listeners: list[Listener]) -> list[str]:
    return [str(item.port) for item in listeners]
