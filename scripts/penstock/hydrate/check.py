"""Check the objects of an environment before anything is written."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from penstock.core.errors import Findings
from penstock.core.rule import Rule
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.rules import COLLISION, DROPPED, KIND, NAMESPACE, SECRET
from penstock.kube.groups import is_built_in
from penstock.kube.kinds import FLUX_KINDS, is_cluster_scoped
from penstock.kube.ref import ObjectRef

if TYPE_CHECKING:
    from penstock.tools.render import Object  # the fast check must not import the renderer


def refuse_secrets(component: str, objects: list[Object]) -> None:
    """Raise Findings for every Secret with data, which would remain in Git forever."""
    findings = [
        f"components/{component}: {item.ref} carries "
        f"{'data' if item.object_kind == 'Secret' else 'the data of a Secret'} ({', '.join(item.secret_keys)}), "
        f"rendered by {item.source}"
        for item in objects
        if item.secret_keys
    ]
    if findings:
        raise Findings(
            findings,
            "have the chart leave it out, by a value such as `existingSecret` or a patch with `$patch: delete`, and "
            "declare it in components/<name>/secrets.yaml: `inv up` makes it in the cluster, once",
            SECRET,
        )


def refuse_dropped(component: str, objects: list[Object]) -> None:
    """Raise Findings for every object that Flux would drop: `inv up` would wait for it forever."""
    findings = [
        f"components/{component}: {item.ref}, rendered by {item.source}, has the annotation "
        f"`{item.dropped}`: Flux builds by kustomize, which leaves it out"
        for item in objects
        if item.dropped
    ]
    if findings:
        raise Findings(
            findings,
            "take the annotation out of the chart's template; or keep the object out of Git by a kustomization with "
            "`resources: [chart.yaml]`, which leaves it out as Flux does",
            DROPPED,
        )


def check(components: dict[str, LockedComponent]) -> None:
    """Raise Findings for objects that collide, lack a namespace, or have a kind that no component defines."""
    scopes = scopes_of(components)
    owners: dict[ObjectRef, list[str]] = defaultdict(list)
    findings: list[tuple[Rule, str]] = []
    misplaced: list[str] = []
    for name, component in components.items():
        for file, locked in component.everything():
            ref = locked.ref
            owners[ref].append(name)
            where = f"components/{name}: {ref.kind} {ref.name} ({file})"
            if not is_built_in(ref.group) and ref.group_kind not in scopes:
                findings.append((KIND, f"{where} is of a kind that no component defines: {ref.group_kind}"))
                continue
            cluster_scoped = is_cluster_scoped(ref.group, ref.kind) or scopes.get(ref.group_kind) == "Cluster"
            if not ref.namespace and not cluster_scoped:
                findings.append((NAMESPACE, f"{where} has no metadata.namespace, and {ref.kind} needs one"))
            if ref.namespace and cluster_scoped:
                fault = f"has metadata.namespace {ref.namespace}, and {ref.kind} can't have one"
                findings.append((NAMESPACE, f"{where} {fault}"))
                misplaced += [] if is_built_in(ref.group) else [ref.kind]
    findings += [
        (COLLISION, f"{ref} is rendered by {' and by '.join(f'components/{name}' for name in names)}")
        for ref, names in sorted(owners.items())
        if len(names) > 1
    ]
    if findings:
        hint = _without_namespace(misplaced) or "nothing was written; fix the components named above"
        raise Findings([line for _, line in findings], hint, rules=[rule.id for rule, _ in findings])


def _without_namespace(kinds: list[str]) -> str:
    """Return the fix for kinds that kustomize gave a namespace because it doesn't know that they are cluster-scoped."""
    if not kinds:
        return ""
    remove = "[{op: remove, path: /metadata/namespace}]"
    patches = ", ".join(f"{{target: {{kind: {kind}}}, patch: '{remove}'}}" for kind in sorted({*kinds}))
    return (
        "take metadata.namespace out of the template; where kustomize's `namespace:` put it there, move that into a "
        f"base (kustomize/base), and in the overlay above it write `patches: [{patches}]`"
    )


def scopes_of(components: dict[str, LockedComponent]) -> dict[str, str]:
    """Map group/Kind to Namespaced or Cluster, for every kind that isn't built in."""
    scopes = dict.fromkeys(FLUX_KINDS, "Namespaced")
    for component in components.values():
        for token in (token for part in component.each() for token in part.provides):
            if token.startswith("Kind "):
                _, kind, scope = token.split(" ")
                scopes[kind] = scope
    return scopes
