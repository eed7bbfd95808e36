"""The specs of Flux's own objects: https://fluxcd.io/flux/components/."""

from __future__ import annotations

from penstock.kube.fields import KubeStruct


class _Name(KubeStruct, frozen=True):
    name: str


class _Target(KubeStruct, frozen=True):
    kind: str = ""
    name: str = ""


class _Patch(KubeStruct, frozen=True):
    target: _Target = _Target()


class KustomizationSpec(KubeStruct, frozen=True):
    """The spec of a Kustomization."""

    path: str = ""
    source_ref: _Name | None = None
    depends_on: list[_Name] = []
    service_account_name: str = ""
    patches: list[_Patch] = []


class _Revision(KubeStruct, frozen=True):
    tag: str = ""


class GitRepositorySpec(KubeStruct, frozen=True):
    """The spec of a GitRepository."""

    url: str
    ref: _Revision = _Revision()
