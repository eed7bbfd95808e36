"""Flux's status of a platform: the revision, reason and inventory of each Kustomization."""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.gitops.objects import SOURCE
from penstock.kube.flux import NAMESPACE
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
    """Return every GitRepository of the platform."""
    return [_parse_source(item) for item in kubectl.get(SOURCES, "-n", NAMESPACE)]


def kustomizations(kubectl: Kubectl) -> dict[str, Kustomization]:
    """Return every Kustomization of the platform by name."""
    return {found.name: found for found in map(_parse, kubectl.get(KUSTOMIZATIONS, "-n", NAMESPACE))}


def source(kubectl: Kubectl) -> Source:
    """Return the platform's GitRepository; one with an empty address if there is none."""
    found = kubectl.get_one(SOURCES, SOURCE, NAMESPACE)
    return _parse_source(found) if found else Source(SOURCE, "", "", False, "there is no GitRepository", False)


def commit_of(revision: str) -> str:
    """Return the commit in a Flux revision such as main@sha1:0123…"""
    return revision.rpartition(":")[2]


def _parse(item: dict[str, Any]) -> Kustomization:
    status = item.get("status", {})
    ready = _condition(status)
    current = status.get("observedGeneration") == item["metadata"]["generation"]
    return Kustomization(
        name=item["metadata"]["name"],
        ready=current and ready.get("status") == "True",
        reason=str(ready.get("reason", "Waiting")),
        message=str(ready.get("message", "not looked at yet")),
        revision=commit_of(status.get("lastAppliedRevision", "")),
        handled=str(status.get("lastHandledReconcileAt", "")),
        attempted=commit_of(status.get("lastAttemptedRevision", "")),
        depends_on=[before["name"] for before in item["spec"].get("dependsOn", [])],
        inventory=[entry["id"] for entry in status.get("inventory", {}).get("entries", [])],
    )


def _parse_source(item: dict[str, Any]) -> Source:
    status = item.get("status", {})
    ready = _condition(status)
    return Source(
        name=item["metadata"]["name"],
        url=item["spec"]["url"],
        revision=commit_of(status.get("artifact", {}).get("revision", "")),
        ready=ready.get("status") == "True",
        message=" ".join(str(ready.get("message", "not fetched yet")).split()),
        failed=ready.get("status") == "False",
    )


def _condition(status: dict[str, Any]) -> dict[str, Any]:
    return next((item for item in status.get("conditions", []) if item["type"] == "Ready"), {})
