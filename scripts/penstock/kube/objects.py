"""The objects of the manifests, each with its identity, component and file."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, TypeVar

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.model import convert
from penstock.core.yaml import parse_all
from penstock.kube.containers import Container
from penstock.kube.fields import ConfigMapData, Metadata, ServiceSpec
from penstock.kube.nulls import without_nulls
from penstock.kube.pods import PodController, PodTemplate
from penstock.kube.ref import Content, ObjectRef
from penstock.kube.references import POD_TEMPLATES

Model = TypeVar("Model")
Key = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True)
class Object:
    """An object in a component's folder; `file` is relative to the platform's root.

    `content` is the content of the file, unless `read` or a diff has removed its nulls. Objects are cached, so callers
    must not change it.
    """

    component: str
    content: Content
    file: str = field(default="", kw_only=True, compare=False)

    @cached_property
    def ref(self) -> ObjectRef:
        """Its identity; raises PenstockError if the file contains no object."""
        try:
            return ObjectRef.of(self.content)
        except (AttributeError, KeyError, TypeError):
            message = f"{self.file}: no object: it lacks apiVersion, kind or metadata.name"
            raise PenstockError(message, "run `inv hydrate`") from None

    @property
    def kind(self) -> str:
        """Its kind, with the group if a better-known API has a kind of that name."""
        return self.ref.qualified_kind

    @property
    def name(self) -> str:
        """Its name."""
        return self.ref.name

    @property
    def namespace(self) -> str:
        """Its namespace; empty if it has none."""
        return self.ref.namespace

    @property
    def key(self) -> Key:
        """Its namespace and name."""
        return self.ref.namespace, self.ref.name

    @cached_property
    def metadata(self) -> Metadata:
        """Its metadata; raises PenstockError if a field has the wrong type."""
        return convert(without_nulls(self.content["metadata"]), Metadata, self.file)

    def spec_as(self, model: type[Model]) -> Model:
        """Its spec without nulls; raises PenstockError if it doesn't fit the model."""
        return convert(without_nulls(self.content.get("spec")), model, self.file)

    def __str__(self) -> str:
        """The form in messages: Deployment observability/grafana."""
        return str(self.ref)


@dataclass(frozen=True)
class Service(Object):
    """A Service."""

    spec: ServiceSpec

    @property
    def is_headless(self) -> bool:
        """Whether its name resolves to the pods themselves, so no port is translated."""
        return self.spec.cluster_ip == "None"

    @property
    def is_external(self) -> bool:
        """Whether it is an alias of an external DNS name."""
        return self.spec.type == "ExternalName"


@dataclass(frozen=True)
class ConfigMap(Object):
    """A ConfigMap."""

    files: ConfigMapData

    @cached_property
    def documents(self) -> dict[str, list[Any]]:
        """Key -> documents as plain values, if it is YAML or JSON; otherwise the text itself."""
        return {key: _documents(key, text) for key, text in self.files.data.items()}

    @property
    def keys(self) -> set[str]:
        """Its keys, including those of binary data."""
        return {*self.files.data, *self.files.binary_data}


@dataclass(frozen=True)
class Workload(Object):
    """An object that creates pods."""

    spec: PodController

    @property
    def template(self) -> PodTemplate:
        """The template of its pods."""
        return self.spec.template

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its pods."""
        return self.spec.template.metadata.labels

    @property
    def path(self) -> str:
        """The path of the pod template, such as spec.template; empty for a Pod."""
        return POD_TEMPLATES[self.kind]

    @property
    def pod_path(self) -> str:
        """The path of the PodSpec."""
        return f"{self.path}.spec".lstrip(".")

    def containers(self) -> list[tuple[str, Container]]:
        """All containers with their paths, including the init containers."""
        spec = self.template.spec
        return [
            (f"{self.pod_path}.{key}[{index}]", container)
            for key, containers in (("containers", spec.containers), ("initContainers", spec.init_containers))
            for index, container in enumerate(containers)
        ]

    def container(self, name: str) -> Container:
        """The container `name`; raises PenstockError if there is none."""
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
    except (PenstockError, msgspec.DecodeError):  # may be a template; the gate config reports invalid files
        return [text]
    return [text]
