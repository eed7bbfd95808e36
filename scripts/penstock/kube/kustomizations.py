"""The specs of Flux's own objects: https://fluxcd.io/flux/components/."""

from __future__ import annotations

from penstock.kube.fields import KubeStruct


class Name(KubeStruct, frozen=True):
    """A reference to another object of Flux's."""

    name: str


class Target(KubeStruct, frozen=True):
    """The objects that a patch changes."""

    kind: str = ""
    name: str = ""


class Patch(KubeStruct, frozen=True):
    """A patch of a Kustomization."""

    target: Target = Target()


class KustomizationSpec(KubeStruct, frozen=True):
    """The spec of a Kustomization. With `force` Flux recreates an object that can't be changed."""

    path: str = ""
    source_ref: Name | None = None
    depends_on: list[Name] = []
    service_account_name: str = ""
    force: bool = False
    patches: list[Patch] = []


class Revision(KubeStruct, frozen=True):
    """What a GitRepository fetches."""

    tag: str = ""


class GitRepositorySpec(KubeStruct, frozen=True):
    """The spec of a GitRepository."""

    url: str
    ref: Revision = Revision()
