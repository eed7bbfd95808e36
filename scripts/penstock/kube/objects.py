"""The objects that the gates ask for most: each knows its file and where in it things are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.yaml import parse_all
from penstock.kube.containers import Container
from penstock.kube.fields import ConfigMapData, Metadata, Selector, ServiceSpec
from penstock.kube.pods import ClaimTemplate, PodTemplate

Key = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True)
class Object:
    """Any object: `file` is its path from the platform's root, `content` the object itself without its nulls."""

    file: str
    kind: str
    metadata: Metadata
    content: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """Its namespace; empty where it has none."""
        return self.metadata.namespace

    @property
    def key(self) -> Key:
        """Its namespace and name."""
        return self.metadata.namespace, self.metadata.name

    def __str__(self) -> str:
        """As people say it: Deployment observability/grafana."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Service(Object):
    """A Service."""

    spec: ServiceSpec

    @property
    def is_headless(self) -> bool:
        """Whether its name leads to the pods themselves, so that no port is translated."""
        return self.spec.cluster_ip == "None"

    @property
    def is_external(self) -> bool:
        """Whether it is an alias of a name elsewhere."""
        return self.spec.type == "ExternalName"


@dataclass(frozen=True)
class ConfigMap(Object):
    """A ConfigMap."""

    files: ConfigMapData

    @cached_property
    def documents(self) -> dict[str, list[Any]]:
        """Key -> what it holds as plain values: the documents of YAML and JSON, elsewhere the text itself."""
        return {key: _documents(key, text) for key, text in self.files.data.items()}

    @property
    def keys(self) -> set[str]:
        """The names of its files."""
        return {*self.files.data, *self.files.binary_data}


@dataclass(frozen=True)
class Workload(Object):
    """What makes pods. `path` leads to the pod template in it: `spec.template`, or nowhere in a bare Pod."""

    path: str
    template: PodTemplate
    selector: Selector | None
    replicas: int
    service_name: str
    claim_templates: tuple[ClaimTemplate, ...]

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its pods."""
        return self.template.metadata.labels

    @property
    def pod_path(self) -> str:
        """Where the PodSpec is."""
        return f"{self.path}.spec" if self.path else "spec"

    def containers(self) -> list[tuple[str, Container]]:
        """All containers with their places, those that run before the others too."""
        spec = self.template.spec
        return [
            (f"{self.pod_path}.{key}[{index}]", container)
            for key, containers in (("containers", spec.containers), ("initContainers", spec.init_containers))
            for index, container in enumerate(containers)
        ]

    def container(self, name: str) -> Container:
        """One container by name; PenstockError when there is none."""
        found = {container.name: container for _, container in self.containers()}
        if name not in found:
            raise PenstockError(f"{self.file}: there is no container `{name}`", f"there are {', '.join(found)}")
        return found[name]


@cache
def _documents(key: str, text: str) -> list[Any]:
    try:
        if key.endswith((".yaml", ".yml")):
            return parse_all(text, key)
        if key.endswith(".json"):
            return [msgspec.json.decode(text)]
    except (PenstockError, msgspec.DecodeError):  # a template of such a file, perhaps: whether it's valid is for others
        return [text]
    return [text]
