"""The Gateway API: https://gateway-api.sigs.k8s.io/reference/spec/."""

from __future__ import annotations

from penstock.kube.fields import KubeStruct, Selector


class _RouteNamespaces(KubeStruct, frozen=True, rename={"scope": "from"}):
    scope: str = "Same"
    selector: Selector = Selector()


class _AllowedRoutes(KubeStruct, frozen=True):
    namespaces: _RouteNamespaces = _RouteNamespaces()


class Listener(KubeStruct, frozen=True):
    """A listener of a Gateway; without a hostname it serves every host."""

    name: str
    port: int
    protocol: str = ""
    hostname: str = ""
    allowed_routes: _AllowedRoutes = _AllowedRoutes()


class GatewaySpec(KubeStruct, frozen=True):
    """The spec of a Gateway."""

    gateway_class_name: str = ""
    listeners: list[Listener] = []


class BackendRef(KubeStruct, frozen=True):
    """A backend of a route; the namespace defaults to that of the route."""

    name: str
    kind: str = "Service"
    namespace: str = ""
    port: int | None = None


class _PathMatch(KubeStruct, frozen=True):
    value: str = "/"


class _Match(KubeStruct, frozen=True):
    path: _PathMatch = _PathMatch()


class _RouteRule(KubeStruct, frozen=True):
    matches: list[_Match] = []
    backend_refs: list[BackendRef] = []


class RouteSpec(KubeStruct, frozen=True):
    """The spec of an HTTPRoute, or the same fields of another route."""

    hostnames: list[str] = []
    rules: list[_RouteRule] = []
