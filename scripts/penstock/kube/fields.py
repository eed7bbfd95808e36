"""The fields of Kubernetes objects that the gates read: https://kubernetes.io/docs/reference/kubernetes-api/.

All other fields are ignored here; the gate kubeconform validates them.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field


class KubeStruct(Struct, frozen=True, rename="camel"):
    """The base of Kubernetes API types: keys are camelCase, unknown ones are ignored."""


class Metadata(KubeStruct, frozen=True):
    """The metadata of an object; `namespace` is empty if it has none."""

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
        """Whether labels meet the requirement."""
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
        """Whether labels meet all requirements."""
        matches = self.match_labels.items() <= labels.items()
        return matches and all(requirement.holds(labels) for requirement in self.match_expressions)

    def __str__(self) -> str:
        """The form in messages: a=b,c In (d,e)."""
        terms = [f"{key}={value}" for key, value in self.match_labels.items()]
        for item in self.match_expressions:
            values = f" ({','.join(item.values)})" if item.values else ""
            terms.append(f"{item.key} {item.operator}{values}")
        return ",".join(terms) or "everything"


class ServicePort(KubeStruct, frozen=True):
    """A port of a Service. `target_port` is a number or the name of a container port; 0 stands for `port`."""

    port: int
    name: str = ""
    target_port: int | str = 0
    protocol: str = "TCP"
    node_port: int = 0

    @property
    def target(self) -> int | str:
        """The number or name of the container port."""
        return self.target_port or self.port


class ServiceSpec(KubeStruct, frozen=True):
    """The spec of a Service."""

    selector: dict[str, str] = {}
    ports: list[ServicePort] = []
    cluster_ip: str = field(default="", name="clusterIP")
    type: str = "ClusterIP"


class ConfigMapData(KubeStruct, frozen=True):
    """The text and the binary data of a ConfigMap, by key."""

    data: dict[str, str] = {}
    binary_data: dict[str, Any] = {}
