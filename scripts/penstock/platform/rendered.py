"""All objects of one environment, by kind and name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from penstock.core.errors import PenstockError
from penstock.kube.dns import Network
from penstock.kube.fields import Selector
from penstock.kube.kinds import BUILTIN_NAMESPACES
from penstock.kube.labels import Labels, index, members
from penstock.kube.objects import ConfigMap, Key, Object, Service, Workload
from penstock.kube.read import read
from penstock.platform import environments, lineage
from penstock.platform.layout import Layout
from penstock.platform.manifests import Manifests, Parsed

_NAME_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class Rendered:
    """The manifests of an environment. `domain` is the cluster's DNS domain.

    `extends` are the environments that it extends, nearest first.
    """

    environment: str
    domain: str
    components: tuple[str, ...]
    objects: tuple[Object, ...]
    extends: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The environment and those that it extends: entries for any of them apply to it."""
        return (self.environment, *self.extends)

    def of(self, kind: str) -> dict[Key, Object]:
        """Namespace and name -> object, for every object of a kind."""
        return self._by_kind.get(kind, {})

    @cached_property
    def _by_kind(self) -> dict[str, dict[Key, Object]]:
        by_kind: dict[str, dict[Key, Object]] = {}
        for item in self.objects:
            by_kind.setdefault(item.kind, {})[item.key] = item
        return by_kind

    @cached_property
    def services(self) -> dict[Key, Service]:
        """Namespace and name -> Service."""
        return {item.key: item for item in self.objects if isinstance(item, Service)}

    @cached_property
    def config_maps(self) -> dict[Key, ConfigMap]:
        """Namespace and name -> ConfigMap."""
        return {item.key: item for item in self.objects if isinstance(item, ConfigMap)}

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Every object that creates pods."""
        return tuple(item for item in self.objects if isinstance(item, Workload))

    @cached_property
    def workloads_by_key(self) -> dict[Key, Workload]:
        """Namespace and name -> workload; the first one if several kinds have the name."""
        return {item.key: item for item in reversed(self.workloads)}

    def workload(self, namespace: str, name: str) -> Workload:
        """The workload of that name; raises PenstockError if there is none."""
        if (namespace, name) in self.workloads_by_key:
            return self.workloads_by_key[namespace, name]
        raise PenstockError(
            f"{self.environment}: no workload {namespace}/{name}",
            f"there are {', '.join(f'{item.namespace}/{item.name}' for item in self.workloads)}",
        )

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """The namespaces of the manifests, and those of every cluster."""
        return BUILTIN_NAMESPACES | {name for _, name in self.of("Namespace")}

    @cached_property
    def namespace_labels(self) -> dict[str, dict[str, str]]:
        """Namespace -> its labels, including the name label that Kubernetes adds; sorted."""
        labels = {name: item.metadata.labels for (_, name), item in self.of("Namespace").items()}
        return {name: {**labels.get(name, {}), _NAME_LABEL: name} for name in sorted(self.namespaces)}

    def network(self, more: Mapping[Key, Service] | None = None) -> Network:
        """The DNS names of the cluster; `more` are Services outside the manifests."""
        services = {**more, **self.services} if more else self.services
        return Network(self.domain, services, self.selected, self.namespaces)

    def selected(self, selector: Selector, namespaces: Iterable[str]) -> Iterator[Workload]:
        """The workloads whose pods a selector matches in these namespaces, ordered by namespace."""
        for namespace in sorted(set(namespaces)):
            if namespace in self._pods:
                workloads, labels = self._pods[namespace]
                yield from (workloads[number] for number in members(labels.select(selector)))

    @cached_property
    def _pods(self) -> dict[str, tuple[list[Workload], Labels]]:
        """Namespace -> its workloads, and the index of their pods' labels."""
        workloads: dict[str, list[Workload]] = {}
        for item in self.workloads:
            workloads.setdefault(item.namespace, []).append(item)
        return {namespace: (items, index(item.labels for item in items)) for namespace, items in workloads.items()}


def rendered(layout: Layout, environment: str, parsed: Parsed | None = None) -> Rendered:
    """Read manifests/<environment>; raises PenstockError if it is empty or contains invalid YAML.

    Environments that share `parsed` parse equal files only once.
    """
    manifests = Manifests(layout.tree(environment), {} if parsed is None else parsed, read)
    components = tuple(manifests.components)
    objects = (*manifests.synced(), *manifests.all_objects())
    domain = environments.read(layout, environment).cluster.domain
    return Rendered(environment, domain, components, objects, lineage.names(layout, environment)[1:])
