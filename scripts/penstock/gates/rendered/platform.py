"""All objects of one environment, by what they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.gates.rendered.dns import Network
from penstock.gates.rendered.kinds import Selector
from penstock.gates.rendered.objects import ConfigMap, Key, Object, Service, Workload
from penstock.gates.rendered.read import read
from penstock.gitops.manifests import Manifests
from penstock.hydrate import environments
from penstock.hydrate.kinds import GIVEN_NAMESPACES


@dataclass(frozen=True)
class Rendered:
    """The manifests of an environment. `domain` is the cluster's DNS domain."""

    environment: str
    domain: str
    components: tuple[str, ...]
    objects: tuple[Object, ...]

    def of(self, kind: str) -> dict[Key, Object]:
        """Every object of a kind."""
        return {item.key: item for item in self.objects if item.kind == kind}

    @cached_property
    def services(self) -> dict[Key, Service]:
        """Every Service."""
        return {item.key: item for item in self.objects if isinstance(item, Service)}

    @cached_property
    def config_maps(self) -> dict[Key, ConfigMap]:
        """Every ConfigMap."""
        return {item.key: item for item in self.objects if isinstance(item, ConfigMap)}

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Everything that makes pods."""
        return tuple(item for item in self.objects if isinstance(item, Workload))

    def workload(self, namespace: str, name: str) -> Workload:
        """The workload of that name; PenstockError when there is none."""
        for item in self.workloads:
            if item.key == (namespace, name):
                return item
        raise PenstockError(
            f"{self.environment}: no workload {namespace}/{name}",
            f"there are {', '.join(f'{item.namespace}/{item.name}' for item in self.workloads)}",
        )

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """The namespaces that are there: the manifests' own and those that every cluster has."""
        return GIVEN_NAMESPACES | {name for _, name in self.of("Namespace")}

    def network(self, more: Mapping[Key, Service] | None = None) -> Network:
        """The names of the cluster; `more` are Services that aren't in the manifests."""
        return Network(self.domain, {**(more or {}), **self.services}, self.workloads, self.namespaces)

    def selected(self, selector: Selector, namespaces: Iterable[str]) -> Iterator[Workload]:
        """The workloads in some namespaces whose pods a selector selects."""
        among = set(namespaces)
        return (item for item in self.workloads if item.namespace in among and selector.selects(item.labels))


def rendered(layout: Layout, environment: str) -> Rendered:
    """Read manifests/<environment>; PenstockError when it's empty or not YAML."""
    manifests = Manifests(layout.tree(environment))
    trees = [manifests.synced(), *(manifests.files(component) for component in manifests.components)]
    found = [read(layout.relative(path), item) for files in trees for path, item in files.items()]
    domain = environments.read(layout, environment).cluster.domain
    return Rendered(environment, domain, tuple(manifests.components), tuple(found))
