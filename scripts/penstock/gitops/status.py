"""What Flux says of a platform: each Kustomization with its revision and reason, and what it owns."""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.gitops.objects import SOURCE
from penstock.kube.flux import NAMESPACE
from penstock.tools.kubectl import Kubectl

KUSTOMIZATIONS = "kustomizations.kustomize.toolkit.fluxcd.io"
SOURCES = "gitrepositories.source.toolkit.fluxcd.io"
# Flux tries these again by itself, but they rarely heal without a change.
FAILURES = {"ReconciliationFailed", "BuildFailed", "HealthCheckFailed", "PruneFailed", "ArtifactFailed"}


class Kustomization(msgspec.Struct, frozen=True, kw_only=True):
    """A Flux Kustomization. `revision` is the commit applied last; `inventory` has namespace_name_group_kind.

    `handled` is the token of the last request to look at it that Flux answered.
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
    """A GitRepository: the address that Flux really fetches from, and the commit that it fetched last.

    `failed` when Flux's last attempt was in vain, which `message` then says; it tries again by itself.
    """

    name: str
    url: str
    revision: str
    ready: bool
    message: str
    failed: bool


def sources(kubectl: Kubectl) -> list[Source]:
    """Every GitRepository of the platform."""
    return [_parse_source(item) for item in kubectl.get(SOURCES, "-n", NAMESPACE)]


def kustomizations(kubectl: Kubectl) -> dict[str, Kustomization]:
    """Every Kustomization of the platform by name."""
    return {found.name: found for found in map(_parse, kubectl.get(KUSTOMIZATIONS, "-n", NAMESPACE))}


def source(kubectl: Kubectl) -> Source:
    """The platform's own GitRepository; one without an address where there is none."""
    found = kubectl.get_one(SOURCES, SOURCE, NAMESPACE)
    return _parse_source(found) if found else Source(SOURCE, "", "", False, "there is no GitRepository", False)


def commit_of(revision: str) -> str:
    """The commit in a Flux revision such as main@sha1:0123…"""
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
