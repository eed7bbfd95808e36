"""What Flux says of a platform: each Kustomization with its revision and reason, and what it owns."""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.gitops.objects import SOURCE
from penstock.tools.flux import NAMESPACE
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
    """A GitRepository: the address that Flux really fetches from, and the commit that it fetched last."""

    name: str
    url: str
    revision: str
    ready: bool
    message: str


def sources(kubectl: Kubectl) -> list[Source]:
    """Every GitRepository of the platform."""
    found = []
    for item in kubectl.get(SOURCES, "-n", NAMESPACE):
        said = item.get("status", {})
        ready = _condition(said)
        message = str(ready.get("message", "not fetched yet"))
        revision = commit_of(said.get("artifact", {}).get("revision", ""))
        found.append(
            Source(item["metadata"]["name"], item["spec"]["url"], revision, ready.get("status") == "True", message)
        )
    return found


def kustomizations(kubectl: Kubectl) -> dict[str, Kustomization]:
    """Every Kustomization of the platform by name."""
    return {found.name: found for found in map(_parse, kubectl.get(KUSTOMIZATIONS, "-n", NAMESPACE))}


def source_revision(kubectl: Kubectl) -> tuple[str, str]:
    """The commit of the platform that Flux fetched last, and its complaint when it can't fetch."""
    found = kubectl.get_one(SOURCES, SOURCE, NAMESPACE)
    if not found:
        return "", "there is no GitRepository"
    status = found.get("status", {})
    ready = _condition(status)
    complaint = "" if ready.get("status") == "True" else str(ready.get("message", "not fetched yet"))
    return commit_of(status.get("artifact", {}).get("revision", "")), complaint


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


def _condition(status: dict[str, Any]) -> dict[str, Any]:
    return next((item for item in status.get("conditions", []) if item["type"] == "Ready"), {})
