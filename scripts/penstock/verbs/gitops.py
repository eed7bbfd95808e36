"""inv flux-status and inv gitops-status: show Flux's controllers and sources, and its Kustomizations."""

from __future__ import annotations

from typing import Literal

import msgspec

from penstock.cluster import processes
from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.gitops import status
from penstock.kube.flux import NAMESPACE
from penstock.tools import flux
from penstock.verbs.status import kustomization_rows, refuse_silent
from penstock.verbs.target import looking


class Controller(msgspec.Struct, frozen=True):
    """A controller of Flux: whether it runs as a process or a pod, its version, and whether it is ready."""

    name: str
    runs_as: Literal["process", "pod"]
    version: str
    ready: bool


class FluxStatus(msgspec.Struct, frozen=True):
    """The output of `inv flux-status --json`."""

    controllers: list[Controller]
    sources: list[status.Source]


def flux_status(environment: str, as_json: bool) -> None:
    """Print Flux's controllers and its sources; raises PenstockError without Flux."""
    session = looking(environment)
    refuse_silent(session)
    if not session.recorded.flux:
        raise PenstockError("Flux is not installed", "inv flux-install, or inv up for all phases")
    if session.provider.runs_pods:
        controllers = [
            Controller(
                item["metadata"]["name"],
                "pod",
                item["metadata"].get("labels", {}).get("app.kubernetes.io/version", ""),
                item.get("status", {}).get("availableReplicas", 0) > 0,
            )
            for item in session.kubectl.get("deployments", "-n", NAMESPACE)
        ]
    else:
        controllers = [
            Controller(name, "process", version, processes.is_alive(session.recorded, name))
            for name, version in flux.versions().items()
        ]
    found = FluxStatus(controllers, status.sources(session.kubectl))
    if as_json:
        console.out(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    rows = [[item.name, item.version, item.runs_as, _said(item.ready)] for item in controllers]
    console.table(["CONTROLLER", "VERSION", "AS", "STATE"], rows)
    console.out("")
    shown = [[item.name, item.url, item.revision[:12], _said(item.ready), item.message] for item in found.sources]
    console.table(["SOURCE", "ADDRESS", "REVISION", "STATE", "MESSAGE"], shown)


def gitops_status(environment: str, as_json: bool) -> None:
    """Print every Kustomization with its revision and reason; raises PenstockError if Flux has no source."""
    session = looking(environment)
    refuse_silent(session)
    if session.recorded.phase < 2:
        raise PenstockError("Flux has no source yet", "inv gitops-setup, or inv up for all phases")
    found = list(status.kustomizations(session.kubectl).values())
    if as_json:
        console.out(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    source = status.source(session.kubectl)
    complaint = "" if source.ready else f": {source.message}"
    console.out(f"Flux has fetched {source.revision[:12] or 'nothing'}{complaint}")
    console.out("")
    console.table(*kustomization_rows(found))


def _said(is_ready: bool) -> str:
    return "Ready" if is_ready else "not Ready"
