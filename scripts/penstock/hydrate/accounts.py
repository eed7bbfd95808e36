"""Select the components that Flux applies as an account, and create the objects that grant its permissions.

A component is applied as the account of a namespace if all its objects are in that namespace and grant no permissions.
All others are applied with kustomize-controller's own permissions. This is derived from the objects, not configured.

The permission to delete can't be derived from them: an object removed from Git, with its kind or component, must still
be pruned. So an account exists as long as its namespace, and may delete every kind that it could have applied.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from penstock.core.errors import Findings
from penstock.gitops import accounts as made
from penstock.gitops.objects import dump
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.rules import COLLISION
from penstock.kube.flux import NAMESPACE
from penstock.kube.groups import is_built_in
from penstock.kube.kinds import BUILTIN_NAMESPACES, plural
from penstock.kube.ref import ObjectRef

# Built-in kinds that an account may apply. Excluded are kinds that grant permissions (RBAC), Secrets, which Kubernetes
# can fill with any account's token, and limits of the namespace (LimitRange, ResourceQuota).
_ORDINARY = {
    "": ["ConfigMap", "PersistentVolumeClaim", "Pod", "Service", "ServiceAccount"],
    "apps": ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
    "autoscaling": ["HorizontalPodAutoscaler"],
    "batch": ["CronJob", "Job"],
    "networking.k8s.io": ["Ingress", "NetworkPolicy"],
    "policy": ["PodDisruptionBudget"],
}
_RESOURCES = {group: [plural(kind) for kind in kinds] for group, kinds in _ORDINARY.items()}
_ORDINARY_IDS = frozenset(f"{group}/{kind}" for group, kinds in _ORDINARY.items() for kind in kinds)
# The manifests don't contain the plural of a custom kind, so its whole group is granted.
_WHOLE_GROUP = ["*"]
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Accounts:
    """`of` maps components to their accounts. `files` has the objects by component, `synced` those in flux-system/."""

    of: dict[str, str]
    files: dict[str, dict[str, bytes]]
    synced: dict[str, bytes]


def accounts(components: dict[str, LockedComponent]) -> Accounts:
    """Return the accounts of an environment; raises Findings if a component renders an object with a reserved name."""
    _refuse_taken(components)
    homes = _homes(components)
    of: dict[str, str] = {}
    applied: dict[str, set[tuple[str, str]]] = {namespace: set() for namespace in homes}
    for name, component in components.items():
        namespace, kinds = _content(component)
        if namespace in homes and all(map(_is_ordinary, kinds)):
            of[name] = made.name(namespace)
            applied[namespace] |= kinds
    pruned = _RESOURCES | dict.fromkeys(_custom_groups(components), _WHOLE_GROUP)
    files: dict[str, dict[str, bytes]] = defaultdict(dict)
    for namespace, home in homes.items():
        files[home] |= {
            f"{made.PREFIX}role-{namespace}.yaml": dump(made.role(namespace, _resources(applied[namespace]), pruned)),
            f"{made.PREFIX}rolebinding-{namespace}.yaml": dump(made.binding(namespace)),
        }
    synced = {f"serviceaccount-{made.name(namespace)}.yaml": dump(made.account(namespace)) for namespace in homes}
    return Accounts(of, dict(files), synced)


def _homes(components: dict[str, LockedComponent]) -> dict[str, str]:
    """Map each namespace to the component that creates it, except namespaces that the same component has objects in."""
    homes: dict[str, str] = {}
    for name, component in components.items():
        refs = [locked.ref for locked in component.files.values()]
        made_here = {ref.name for ref in refs if ref.group_kind == "/Namespace"}
        filled = {ref.namespace for ref in refs}
        homes |= dict.fromkeys(made_here - filled - BUILTIN_NAMESPACES, name)
    return dict(sorted(homes.items()))


def _content(component: LockedComponent) -> tuple[str, set[tuple[str, str]]]:
    """Return the only namespace of a component, empty if there are several, and its groups and kinds."""
    refs = [locked.ref for locked in component.files.values()]
    namespaces = {ref.namespace for ref in refs}
    return namespaces.pop() if len(namespaces) == 1 else "", {(ref.group, ref.kind) for ref in refs}


def _is_ordinary(group_and_kind: tuple[str, str]) -> bool:
    group = group_and_kind[0]
    return "/".join(group_and_kind) in _ORDINARY_IDS if is_built_in(group) else not _is_flux_group(group)


def _is_flux_group(group: str) -> bool:
    """A Kustomization without an account is applied with all of kustomize-controller's permissions."""
    return group.endswith(".toolkit.fluxcd.io")


def _custom_groups(components: dict[str, LockedComponent]) -> set[str]:
    defined = {
        token.split(" ")[1].rpartition("/")[0]
        for component in components.values()
        for token in component.provides
        if token.startswith("Kind ") and token.endswith(" Namespaced")
    }
    return {group for group in defined if not is_built_in(group) and not _is_flux_group(group)}


def _resources(kinds: set[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group, kind in sorted(kinds):
        if is_built_in(group):
            found.setdefault(group, []).append(plural(kind))
        else:
            found[group] = _WHOLE_GROUP
    return found


def _refuse_taken(components: dict[str, LockedComponent]) -> None:
    findings = [
        f"components/{name}: {file} takes a name that Penstock needs for what it makes itself"
        for name, component in components.items()
        for file, locked in component.files.items()
        if _is_taken(locked.ref)
    ]
    if findings:
        raise Findings(findings, "nothing was written; give it another name", COLLISION)


def _is_taken(ref: ObjectRef) -> bool:
    if ref.group_kind in (f"{_RBAC}/Role", f"{_RBAC}/RoleBinding"):
        return ref.name == made.ROLE
    return (ref.group_kind, ref.namespace) == ("/ServiceAccount", NAMESPACE) and ref.name.startswith(made.name(""))
