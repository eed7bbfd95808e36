"""What must hold for the objects of an environment before a byte is written."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from penstock.core.errors import Findings
from penstock.hydrate.kinds import FLUX_KINDS, is_cluster_scoped
from penstock.hydrate.lock import LockedComponent
from penstock.kube.groups import is_built_in

if TYPE_CHECKING:
    from penstock.tools.render import Object  # what renders is not for the fast check


def refuse_secrets(component: str, objects: list[Object]) -> None:
    """Raise Findings for every Secret that carries data: it would be in Git for ever."""
    findings = [
        f"components/{component}: Secret {item.namespace}/{item.name} carries data ({', '.join(item.secret_keys)}), "
        f"rendered by {item.source}"
        for item in objects
        if item.secret_keys
    ]
    if findings:
        raise Findings(findings, "declare it in components/<name>/secrets.yaml: `inv up` makes it in the cluster, once")


def refuse_hooks(component: str, objects: list[Object]) -> None:
    """Raise Findings for every hook of Helm: Flux would apply it like any other object, at once and with the rest."""
    findings = [
        f"components/{component}: {item.object_kind} {item.name} is a hook of Helm ({item.hook}), rendered by "
        f"{item.source}, and nothing here runs hooks"
        for item in objects
        if item.hook
    ]
    if findings:
        raise Findings(
            findings, "turn it off by a value of the chart, or take it out (or its annotation) by a kustomization"
        )


def check(components: dict[str, LockedComponent]) -> None:
    """Raise Findings for what `contradictions` finds."""
    findings = contradictions(components)
    if findings:
        raise Findings(findings, "nothing was written; fix the components named above")


def contradictions(components: dict[str, LockedComponent]) -> list[str]:
    """A line for each object that collides, lacks a namespace, or is of a kind that no component defines."""
    scopes = scopes_of(components)
    owners: dict[str, list[str]] = defaultdict(list)
    findings = []
    for name, component in components.items():
        for file, locked in component.files.items():
            owners[locked.id].append(name)
            group, kind, namespace, _ = locked.id.split("/", 3)
            where = f"components/{name}: {kind} {locked.id.rsplit('/', 1)[1]} ({file})"
            if not is_built_in(group) and f"{group}/{kind}" not in scopes:
                findings.append(f"{where} is of a kind that no component defines: {group}/{kind}")
                continue
            cluster_scoped = is_cluster_scoped(group, kind) or scopes.get(f"{group}/{kind}") == "Cluster"
            if not namespace and not cluster_scoped:
                findings.append(f"{where} has no metadata.namespace, and {kind} needs one")
            if namespace and cluster_scoped:
                findings.append(f"{where} has metadata.namespace {namespace}, and {kind} can't have one")
    for identity, names in sorted(owners.items()):
        if len(names) > 1:
            findings.append(
                f"{_shown(identity)} is rendered by {' and by '.join(f'components/{name}' for name in names)}"
            )
    return findings


def scopes_of(components: dict[str, LockedComponent]) -> dict[str, str]:
    """group/Kind -> Namespaced or Cluster, for every kind that is not Kubernetes' own."""
    scopes = dict.fromkeys(FLUX_KINDS, "Namespaced")
    for component in components.values():
        for token in component.provides:
            if token.startswith("Kind "):
                _, kind, scope = token.split(" ")
                scopes[kind] = scope
    return scopes


def _shown(identity: str) -> str:
    _, kind, namespace, name = identity.split("/", 3)
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
