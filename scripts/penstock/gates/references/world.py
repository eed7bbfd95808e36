"""The input of every check: the manifests of an environment, and the objects outside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from penstock.core.nearest import ending
from penstock.gates.references import builtin
from penstock.gates.references.builtin import EVERY_NAMESPACE as EVERY
from penstock.gitops.objects import SOURCE
from penstock.hydrate.pinned import layouts
from penstock.kube.dns import Network
from penstock.kube.fields import Selector, ServicePort, ServiceSpec
from penstock.kube.flux import NAMESPACE
from penstock.kube.kinds import CLUSTER_SCOPED
from penstock.kube.labels import Labels, index, members
from penstock.kube.objects import ConfigMap, Key, Object, Service
from penstock.platform import environments, lineage
from penstock.platform.cluster import Cluster
from penstock.platform.external import Declarations, ExternalObject, HostGateway, NodePort, made_secrets
from penstock.platform.layout import Layout
from penstock.platform.manifests import Parsed
from penstock.platform.rendered import Rendered, rendered

_CLUSTER_SCOPED = {"GatewayClass", *(kind for _, kind in CLUSTER_SCOPED)}
_TOKEN_KEYS = frozenset({"token", "ca.crt", "namespace"})
# `inv up` and docs/how-to/production.md create it, since its address differs between clusters.
_SOURCE = ("GitRepository", NAMESPACE, SOURCE)


@dataclass(frozen=True)
class Resolved:
    """The object that a name resolves to: its keys if they are known, and its declaration if it is external."""

    keys: frozenset[str] = frozenset()
    external: ExternalObject | None = None


@dataclass(frozen=True)
class World:
    """One environment and its external objects.

    `cluster` has the settings of its providers. `builtin` are the objects of every cluster, `external` the declared
    ones. `literals` are the literal values of the Secrets that `inv up` creates.
    """

    rendered: Rendered
    cluster: Cluster
    builtin: tuple[ExternalObject, ...]
    external: tuple[ExternalObject, ...]
    node_ports: tuple[NodePort, ...]
    host_gateways: tuple[HostGateway, ...]
    literals: tuple[tuple[ExternalObject, dict[str, str]], ...]
    images_by_tag: frozenset[str] | None = None

    @cached_property
    def _outside(self) -> dict[tuple[str, str], list[ExternalObject]]:
        """Kind and name -> external objects; builtin ones come first, so a repeated declaration counts as unused."""
        objects: dict[tuple[str, str], list[ExternalObject]] = {}
        for item in (*self.builtin, *self.external):
            objects.setdefault((item.kind, item.name), []).append(item)
        return objects

    @cached_property
    def external_services(self) -> dict[Key, ExternalObject]:
        """Namespace and name -> Services outside the manifests."""
        every = (*self.external, *self.builtin)
        return {(item.namespace, item.name): item for item in every if item.kind == "Service"}

    @cached_property
    def network(self) -> Network:
        """The DNS names of the cluster, including external Services."""
        return self.rendered.network({key: _service(item) for key, item in self.external_services.items()})

    def find(self, kind: str, namespace: str, name: str) -> Resolved | None:
        """The object that a name resolves to; None if there is none."""
        for where in (namespace, ""):
            rendered = self.rendered.of(kind).get((where, name))
            if rendered is not None:
                return Resolved(_keys(rendered))
        if (kind == "Namespace" and name in self.rendered.namespaces) or (kind, namespace, name) == _SOURCE:
            return Resolved()
        for item in self._outside.get((kind, name), ()):
            if item.namespace in ("", namespace) or (item.namespace == EVERY and namespace in self.rendered.namespaces):
                return Resolved(item.keys, item)
        return None

    def missing(self, kind: str, namespace: str, name: str) -> str:
        """The message for a missing object, with the nearest name."""
        external = (*self.builtin, *self.external)
        known = {*self.rendered.of(kind), *((item.namespace, item.name) for item in external if item.kind == kind)}
        shown = name if kind in _CLUSTER_SCOPED or not namespace else f"{namespace}/{name}"
        elsewhere = sorted(where for where, other in known if other == name and where not in ("", EVERY))
        if elsewhere:
            return f"there is no {kind} {shown}; it is in the namespace {elsewhere[0]}"
        near = ending(name, (other for where, other in known if where in ("", EVERY, namespace)))
        return f"there is no {kind} {shown}{near}"

    def selects(self, selector: Selector, namespaces: Iterable[str]) -> tuple[str, ExternalObject | None]:
        """Why a selector matches no pod in these namespaces, empty if it does; and the external pod, if any."""
        among = sorted(set(namespaces))
        if any(self.rendered.selected(selector, among)):
            return "", None
        for item in (*self.builtin, *self.external):
            if item.kind == "Pod" and item.namespace in among and selector.selects(dict(item.labels)):
                return "", item
        labels = [one.labels for one in self.rendered.workloads if one.namespace in among]
        return f"no pod {_among(among)} has {_lacking(selector, labels)}", None

    def namespaces(self, selector: Selector) -> tuple[str, frozenset[str]]:
        """Why a selector matches no namespace, empty if it matches one; and the matching namespaces."""
        labels = self.rendered.namespace_labels
        names = list(labels)
        selected = frozenset(names[number] for number in members(self._namespace_labels.select(selector)))
        return "" if selected else f"no namespace has {_lacking(selector, list(labels.values()))}", selected

    @cached_property
    def _namespace_labels(self) -> Labels:
        return index(self.rendered.namespace_labels.values())


def world(layout: Layout, environment: str, declarations: Declarations, parsed: Parsed) -> World:
    """Read one environment; raises PenstockError if its manifests can't be read."""
    manifests = rendered(layout, environment, parsed)
    sources = layouts(layout, environment)
    secrets = [each for name in manifests.components for each in made_secrets(sources(name), (name,))]
    settings, named = environments.read(layout, environment), lineage.names(layout, environment)
    return World(
        manifests,
        settings.cluster,
        builtin.objects(settings.kubernetes.version),
        (*(item for item in declarations.objects if item.is_for(named)), *(item for item, _ in secrets)),
        tuple(item for item in declarations.node_ports if lineage.applies(item.environments, named)),
        declarations.host_gateways,
        tuple(secrets),
        declarations.images_by_tag,
    )


def _keys(item: Object) -> frozenset[str]:
    """The keys of a ConfigMap, or those that a controller adds to a Secret of this type."""
    if isinstance(item, ConfigMap):
        return frozenset(item.keys)
    return _TOKEN_KEYS if item.content.get("type") == "kubernetes.io/service-account-token" else frozenset()


def _service(item: ExternalObject) -> Service:
    spec = ServiceSpec(ports=[ServicePort(port=port) for port in item.ports])
    metadata = {"name": item.name, "namespace": item.namespace}
    return Service("", {"apiVersion": "v1", "kind": "Service", "metadata": metadata}, spec, file=item.file)


def _among(namespaces: list[str]) -> str:
    return f"of {' or '.join(namespaces)}" if 0 < len(namespaces) <= 3 else "of any namespace"


def _lacking(selector: Selector, pods: list[dict[str, str]]) -> str:
    """The first label that no pod has, with the nearest one; the whole selector if only the combination is missing."""
    for key, value in selector.match_labels.items():
        values = {labels[key] for labels in pods if key in labels}
        if not values:
            return f"a label `{key}`{ending(key, {key for labels in pods for key in labels})}"
        if value not in values:
            return f"the label {key}={value}{ending(value, values)}"
    return f"all of {selector}"
