"""The one identity of an object: its group, kind, namespace and name, in every version of its API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.kube.groups import group_of
from penstock.kube.kinds import qualified

Content = Mapping[str, Any]
"""A Kubernetes object as plain values, which callers must not change."""


class ObjectRef(NamedTuple):
    """What Kubernetes tells objects apart by. The core group and the namespace of a cluster-scoped object are empty."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, content: Content) -> ObjectRef:
        """The identity of an object; KeyError where it lacks apiVersion, kind or metadata.name."""
        metadata = content["metadata"]
        namespace = str(metadata.get("namespace") or "")
        return cls(group_of(str(content["apiVersion"])), str(content["kind"]), namespace, str(metadata["name"]))

    @classmethod
    def parse(cls, text: str) -> ObjectRef:
        """The identity that `id` wrote; TypeError where the text has fewer than four parts."""
        return cls(*text.split("/", 3))

    @property
    def id(self) -> str:
        """As the lock has it: apps/Deployment/observability/grafana."""
        return "/".join(self)

    @property
    def inventory_id(self) -> str:
        """As Flux lists it in an inventory: observability_grafana_apps_Deployment.

        RBAC names may hold a colon, which Flux writes as two underscores (cli-utils, object.ObjMetadata).
        """
        return "_".join((self.namespace, self.name.replace(":", "__"), self.group, self.kind))

    @property
    def group_kind(self) -> str:
        """The kind with its group: apps/Deployment, /Service."""
        return f"{self.group}/{self.kind}"

    @property
    def qualified_kind(self) -> str:
        """The kind, with its group where a better-known API has a kind of that name: Gateway.networking.istio.io."""
        return qualified(self.group, self.kind)

    def __str__(self) -> str:
        """As messages name it: Deployment observability/grafana."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.qualified_kind} {place}"
