"""Rights: the service account with which Flux applies a component may apply every object of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.groups import group_of
from penstock.kube.kinds import plural
from penstock.kube.objects import Key, Object
from penstock.platform.rendered import Rendered

_KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/"
_APPLYING = ("create", "patch", "get", "delete")


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each object of a component that is applied with a service account."""
    roles = _Roles(world.rendered)
    folders: dict[str, list[Object]] = {}
    for item in world.rendered.objects:
        folders.setdefault(item.file.rpartition("/")[0], []).append(item)
    for item in world.rendered.of("Kustomization").values():
        account = item.content.get("spec", {}).get("serviceAccountName", "")
        if item.content["apiVersion"].startswith(_KUSTOMIZATION) and account:
            for applied in folders.get(str(item.content["spec"]["path"]).removeprefix("./"), []):
                yield _verdict(roles, applied, (item.namespace, account))


class _Roles:
    """The rights of accounts by the Roles bound to them; a ClusterRole or a Role of another namespace doesn't count."""

    def __init__(self, rendered: Rendered) -> None:
        """Read the Roles and RoleBindings of an environment."""
        roles = rendered.of("Role")
        self._rules: dict[tuple[Key, str], list[dict[str, Any]]] = {}
        for (namespace, _), binding in rendered.of("RoleBinding").items():
            role = roles.get((namespace, binding.content["roleRef"]["name"]))
            for account in _subjects(binding) if role else ():
                self._rules.setdefault((account, namespace), []).extend(
                    (role.content.get("rules") if role else None) or ()
                )

    def verbs(self, account: Key, namespace: str, group: str, resource: str) -> set[str]:
        """The verbs that an account may use on a resource in a namespace."""
        rules = self._rules.get((account, namespace), [])
        return {verb for rule in rules if _covers(rule, group, resource) for verb in rule.get("verbs") or ()}


def _verdict(roles: _Roles, item: Object, account: Key) -> Verdict:
    group = group_of(item.content["apiVersion"])
    allowed = roles.verbs(account, item.namespace, group, plural(item.kind))
    lacking = [verb for verb in _APPLYING if not {verb, "*"} & allowed]
    shown = f"the account {'/'.join(account)}, with which Flux applies it"
    fault = f"{shown}, may not {' or '.join(lacking)} a {item.kind} in {item.namespace or 'the cluster'}"
    return Verdict(item.file, "kind", fault if lacking else "")


def _subjects(binding: Object) -> Iterator[Key]:
    return (
        (subject.get("namespace", ""), subject["name"])
        for subject in binding.content.get("subjects") or ()
        if subject["kind"] == "ServiceAccount"
    )


def _covers(rule: dict[str, Any], group: str, resource: str) -> bool:
    if rule.get("resourceNames"):
        return False
    return bool({group, "*"} & set(rule.get("apiGroups") or ()) and {resource, "*"} & set(rule.get("resources") or ()))
