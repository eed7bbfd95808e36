"""The identity of an object: group, kind, namespace and name, independent of the API version."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from penstock.kube.groups import group_of
from penstock.kube.kinds import qualified

Content = Mapping[str, Any]
"""A Kubernetes object as plain values; callers must not change it."""


class ObjectRef(NamedTuple):
    """The identity of an object. The core group is empty, and so is the namespace of a cluster-scoped object."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, content: Content) -> ObjectRef:
        """The identity of an object; raises KeyError if it lacks apiVersion, kind or metadata.name."""
        metadata = content["metadata"]
        namespace = str(metadata.get("namespace") or "")
        return cls(group_of(str(content["apiVersion"])), str(content["kind"]), namespace, str(metadata["name"]))

    @classmethod
    @lru_cache(maxsize=1 << 16)  # the environments of a fleet have the same objects
    def parse(cls, text: str) -> ObjectRef:
        """The inverse of `id`; raises TypeError if the text has fewer than four parts."""
        return cls(*text.split("/", 3))

    @property
    def id(self) -> str:
        """The form in the lock: apps/Deployment/observability/grafana."""
        return "/".join(self)

    @property
    def inventory_id(self) -> str:
        """The form in Flux's inventories: observability_grafana_apps_Deployment.

        Flux writes a colon, as in RBAC names, as two underscores (cli-utils, object.ObjMetadata).
        """
        return "_".join((self.namespace, self.name.replace(":", "__"), self.group, self.kind))

    @property
    def group_kind(self) -> str:
        """The kind with its group: apps/Deployment, /Service."""
        return f"{self.group}/{self.kind}"

    @property
    def qualified_kind(self) -> str:
        """The kind, with its group if a better-known API has a kind of that name: Gateway.networking.istio.io."""
        return qualified(self.group, self.kind)

    def __str__(self) -> str:
        """The form in messages: Deployment observability/grafana."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.qualified_kind} {place}"
