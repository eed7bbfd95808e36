"""Flux's status of a platform: the revision, reason and inventory of each Kustomization."""

from __future__ import annotations

import msgspec

from penstock.gitops.objects import SOURCE
from penstock.kube.fields import KubeStruct, Metadata
from penstock.kube.flux import NAMESPACE
from penstock.kube.kustomizations import GitRepositorySpec, KustomizationSpec
from penstock.kube.live import Condition, condition
from penstock.tools.kubectl import Kubectl

KUSTOMIZATIONS = "kustomizations.kustomize.toolkit.fluxcd.io"
SOURCES = "gitrepositories.source.toolkit.fluxcd.io"
# Flux retries these, but they rarely recover without a change.
FAILURES = {"ReconciliationFailed", "BuildFailed", "HealthCheckFailed", "PruneFailed", "ArtifactFailed"}


class Kustomization(msgspec.Struct, frozen=True, kw_only=True):
    """A Flux Kustomization. `revision` is the last applied commit; `inventory` has entries namespace_name_group_kind.

    `handled` is the token of the last reconcile request that Flux handled.
    """

    name: str
    ready: bool
    reason: str
    message: str
    revision: str
    attempted: str
    handled: str
    depends_on: list[str] = []
    inventory: list[str] = []


class Source(msgspec.Struct, frozen=True):
    """A GitRepository: the address that Flux fetches from, and the last fetched commit.

    `failed` is whether the last fetch failed, with the reason in `message`; Flux retries it.
    """

    name: str
    url: str
    revision: str
    ready: bool
    message: str
    failed: bool


def sources(kubectl: Kubectl) -> list[Source]:
    """Every GitRepository of the platform."""
    return [_parse_source(item) for item in kubectl.read(_GitRepository, SOURCES, "-n", NAMESPACE)]


def kustomizations(kubectl: Kubectl) -> dict[str, Kustomization]:
    """Every Kustomization of the platform by name."""
    every = kubectl.read(_Kustomization, KUSTOMIZATIONS, "-n", NAMESPACE)
    return {item.metadata.name: _parse(item) for item in every}


def source(kubectl: Kubectl) -> Source:
    """The platform's own GitRepository; one without an address where there is none."""
    found = kubectl.read_one(_GitRepository, SOURCES, SOURCE, NAMESPACE)
    return _parse_source(found) if found else Source(SOURCE, "", "", False, "there is no GitRepository", False)


def commit_of(revision: str) -> str:
    """Return the commit in a Flux revision such as main@sha1:0123…"""
    return revision.rpartition(":")[2]


class _Entry(KubeStruct, frozen=True):
    id: str


class _Inventory(KubeStruct, frozen=True):
    entries: list[_Entry] = []


class _Artifact(KubeStruct, frozen=True):
    revision: str = ""


class _Status(KubeStruct, frozen=True):
    observed_generation: int = -1
    conditions: list[Condition] = []
    last_applied_revision: str = ""
    last_attempted_revision: str = ""
    last_handled_reconcile_at: str = ""
    inventory: _Inventory = _Inventory()
    artifact: _Artifact = _Artifact()

    def ready(self, message: str) -> Condition:
        """The condition Ready, with this message before Flux's first attempt."""
        return condition(self.conditions, "Ready") or Condition("Ready", "", "Waiting", message)


class _Kustomization(KubeStruct, frozen=True):
    metadata: Metadata
    spec: KustomizationSpec
    status: _Status = _Status()


class _GitRepository(KubeStruct, frozen=True):
    metadata: Metadata
    spec: GitRepositorySpec
    status: _Status = _Status()


def _parse(item: _Kustomization) -> Kustomization:
    status, ready = item.status, item.status.ready("not looked at yet")
    return Kustomization(
        name=item.metadata.name,
        ready=status.observed_generation == item.metadata.generation and ready.status == "True",
        reason=ready.reason,
        message=ready.message,
        revision=commit_of(status.last_applied_revision),
        handled=status.last_handled_reconcile_at,
        attempted=commit_of(status.last_attempted_revision),
        depends_on=[before.name for before in item.spec.depends_on],
        inventory=[entry.id for entry in status.inventory.entries],
    )


def _parse_source(item: _GitRepository) -> Source:
    ready = item.status.ready("not fetched yet")
    return Source(
        name=item.metadata.name,
        url=item.spec.url,
        revision=commit_of(item.status.artifact.revision),
        ready=ready.status == "True",
        message=" ".join(ready.message.split()),
        failed=ready.status == "False",
    )
