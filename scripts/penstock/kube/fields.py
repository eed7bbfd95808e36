"""The parts of Kubernetes' objects that the gates read, in Kubernetes' terms (https://kubernetes.io/docs/reference/kubernetes-api/).

What isn't named here is passed over: that every key is known and of its type is kubeconform's to say.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field


class KubeStruct(Struct, frozen=True, rename="camel"):
    """The base of models of Kubernetes API types: camelCase keys, unknown ones are ignored."""


class Metadata(KubeStruct, frozen=True):
    """An object's name and labels; the namespace is empty where it has none."""

    name: str = ""
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    generation: int = 0


class Requirement(KubeStruct, frozen=True):
    """One of a selector's matchExpressions."""

    key: str
    operator: str
    values: list[str] = []

    def holds(self, labels: dict[str, str]) -> bool:
        """Whether labels meet it."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case _:
                return self.key not in labels


class Selector(KubeStruct, frozen=True):
    """A label selector; an empty one selects everything."""

    match_labels: dict[str, str] = {}
    match_expressions: list[Requirement] = []

    def selects(self, labels: dict[str, str]) -> bool:
        """Whether labels meet all of it."""
        matches = self.match_labels.items() <= labels.items()
        return matches and all(requirement.holds(labels) for requirement in self.match_expressions)

    def __str__(self) -> str:
        """As kubectl writes it: a=b,c in (d,e)."""
        terms = [f"{key}={value}" for key, value in self.match_labels.items()]
        for item in self.match_expressions:
            values = f" ({','.join(item.values)})" if item.values else ""
            terms.append(f"{item.key} {item.operator}{values}")
        return ",".join(terms) or "everything"


class ServicePort(KubeStruct, frozen=True):
    """A port of a Service. `target_port` is a number or the name of a container port; without it, `port` itself."""

    port: int
    name: str = ""
    target_port: int | str = 0
    protocol: str = "TCP"
    node_port: int = 0

    @property
    def target(self) -> int | str:
        """What it leads to."""
        return self.target_port or self.port


class ServiceSpec(KubeStruct, frozen=True):
    """What a Service selects, and its ports."""

    selector: dict[str, str] = {}
    ports: list[ServicePort] = []
    cluster_ip: str = field(default="", name="clusterIP")
    type: str = "ClusterIP"


class ConfigMapData(KubeStruct, frozen=True):
    """The files of a ConfigMap."""

    data: dict[str, str] = {}
    binary_data: dict[str, Any] = {}
