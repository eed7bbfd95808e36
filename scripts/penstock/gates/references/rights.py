"""Whether the account that Flux applies a component as may do so: every object of it, and only in its own namespace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.gates.rendered.objects import Object
from penstock.hydrate.kinds import plural
from penstock.kube.groups import group_of

_KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/"
_APPLYING = ("create", "patch", "get", "delete")


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each object of a component that is applied as an account."""
    for item in world.rendered.objects:
        account = item.content.get("spec", {}).get("serviceAccountName", "")
        if item.content["apiVersion"].startswith(_KUSTOMIZATION) and account:
            for applied in _applied(world, item):
                yield _verdict(world, applied, (item.namespace, account))


def _applied(world: World, kustomization: Object) -> Iterator[Object]:
    folder = str(kustomization.content["spec"]["path"]).removeprefix("./")
    return (item for item in world.rendered.objects if item.file.rpartition("/")[0] == folder)


def _verdict(world: World, item: Object, account: tuple[str, str]) -> Verdict:
    group = group_of(item.content["apiVersion"])
    held = _verbs(world, account, item.namespace, group, plural(item.kind))
    lacking = [verb for verb in _APPLYING if not {verb, "*"} & held]
    shown = f"{'/'.join(account)}, as which Flux applies it"
    fault = f"{shown}, may not {' or '.join(lacking)} a {item.kind} in {item.namespace or 'the cluster'}"
    return Verdict(item.file, "kind", fault if lacking else "")


def _verbs(world: World, account: tuple[str, str], namespace: str, group: str, resource: str) -> set[str]:
    """What an account may do with a resource in a namespace; a Role of no other namespace counts, nor a ClusterRole."""
    roles = world.rendered.of("Role")
    found: set[str] = set()
    for (where, _), binding in world.rendered.of("RoleBinding").items():
        role = roles.get((where, binding.content["roleRef"]["name"]))
        if where == namespace and role and account in _subjects(binding):
            covering = [rule for rule in role.content["rules"] if _covers(rule, group, resource)]
            found.update(verb for rule in covering for verb in rule["verbs"])
    return found


def _subjects(binding: Object) -> Iterator[tuple[str, str]]:
    return (
        (subject.get("namespace", ""), subject["name"])
        for subject in binding.content.get("subjects", [])
        if subject["kind"] == "ServiceAccount"
    )


def _covers(rule: dict[str, Any], group: str, resource: str) -> bool:
    if rule.get("resourceNames"):
        return False
    return bool({group, "*"} & set(rule.get("apiGroups", [])) and {resource, "*"} & set(rule.get("resources", [])))
