"""The Gateway API: https://gateway-api.sigs.k8s.io/reference/spec/."""

from __future__ import annotations

from penstock.kube.fields import KubeStruct, Selector


class RouteNamespaces(KubeStruct, frozen=True, rename={"scope": "from"}):
    """The namespaces whose routes a listener admits: All, Same, or by a Selector."""

    scope: str = "Same"
    selector: Selector = Selector()


class AllowedRoutes(KubeStruct, frozen=True):
    """The routes that a listener admits."""

    namespaces: RouteNamespaces = RouteNamespaces()


class Listener(KubeStruct, frozen=True):
    """A listener of a Gateway; without a hostname it serves every host."""

    name: str
    port: int
    protocol: str = ""
    hostname: str = ""
    allowed_routes: AllowedRoutes = AllowedRoutes()


class GatewaySpec(KubeStruct, frozen=True):
    """The spec of a Gateway."""

    listeners: list[Listener]


class BackendRef(KubeStruct, frozen=True):
    """A backend of a route; without a namespace it is in that of the route."""

    name: str
    kind: str = "Service"
    namespace: str = ""
    port: int | None = None


class PathMatch(KubeStruct, frozen=True):
    """The path of a request."""

    value: str = "/"


class Match(KubeStruct, frozen=True):
    """The requests to which a rule applies."""

    path: PathMatch = PathMatch()


class RouteRule(KubeStruct, frozen=True):
    """A rule of a route."""

    matches: list[Match] = []
    backend_refs: list[BackendRef] = []


class RouteSpec(KubeStruct, frozen=True):
    """The spec of an HTTPRoute, and the fields that other routes have in common with it."""

    hostnames: list[str] = []
    rules: list[RouteRule] = []
