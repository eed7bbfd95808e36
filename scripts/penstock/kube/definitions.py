"""CustomResourceDefinitions and the kinds that they define."""

from __future__ import annotations

from penstock.core.errors import PenstockError
from penstock.kube.fields import KubeStruct
from penstock.kube.objects import Object


class _Names(KubeStruct, frozen=True):
    kind: str


class _Version(KubeStruct, frozen=True):
    name: str
    served: bool = False


class Definition(KubeStruct, frozen=True):
    """The spec of a CustomResourceDefinition."""

    group: str
    names: _Names
    versions: list[_Version]
    scope: str = ""

    def __str__(self) -> str:
        """The form in the annotation penstock/defines: cilium.io/CiliumNetworkPolicy Namespaced."""
        return f"{self.group}/{self.names.kind} {self.scope}"


def definition(item: Object) -> Definition | None:
    """The spec of a CustomResourceDefinition; None if it is incomplete, or if the object is of another kind."""
    if item.content["kind"] != "CustomResourceDefinition":
        return None
    try:
        return item.spec_as(Definition)
    except PenstockError:
        return None
