"""Which components Flux applies with the rights of an account, and the objects that give it these rights.

A component whose objects all lie in one namespace and grant no rights is applied as the account of that namespace.
All others are applied with kustomize-controller's own rights. Nothing is set by hand: it follows from the objects.

The rights to remove don't follow from them: what leaves Git, with its kind or with its component, still has to be
pruned. So an account stays for as long as its namespace does, and may remove every kind that it could have applied.
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

# Kubernetes' own kinds that an account may apply. Left out is what gives rights (RBAC), what Kubernetes fills with the
# token of any account (Secrets), and what limits the namespace (LimitRange, ResourceQuota).
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
# Of a custom kind the plural is not among the manifests, so its whole group is meant.
_WHOLE_GROUP = ["*"]
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Accounts:
    """`of` maps components to their account. `files` has the objects, `synced` those of them in flux-system/."""

    of: dict[str, str]
    files: dict[str, dict[str, bytes]]
    synced: dict[str, bytes]


def accounts(components: dict[str, LockedComponent]) -> Accounts:
    """The accounts of an environment; Findings where a component has an object of the same name as one of ours."""
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
    """Namespace -> the component that makes it, but not those namespaces that their component fills itself."""
    homes: dict[str, str] = {}
    for name, component in components.items():
        refs = [locked.ref for locked in component.files.values()]
        made_here = {ref.name for ref in refs if ref.group_kind == "/Namespace"}
        filled = {ref.namespace for ref in refs}
        homes |= dict.fromkeys(made_here - filled - BUILTIN_NAMESPACES, name)
    return dict(sorted(homes.items()))


def _content(component: LockedComponent) -> tuple[str, set[tuple[str, str]]]:
    """The one namespace of a component, empty when it has objects elsewhere, and its groups and kinds."""
    refs = [locked.ref for locked in component.files.values()]
    namespaces = {ref.namespace for ref in refs}
    return namespaces.pop() if len(namespaces) == 1 else "", {(ref.group, ref.kind) for ref in refs}


def _is_ordinary(group_and_kind: tuple[str, str]) -> bool:
    group = group_and_kind[0]
    return "/".join(group_and_kind) in _ORDINARY_IDS if is_built_in(group) else not _is_fluxs(group)


def _is_fluxs(group: str) -> bool:
    """A Kustomization that names no account is applied with all of kustomize-controller's rights."""
    return group.endswith(".toolkit.fluxcd.io")


def _custom_groups(components: dict[str, LockedComponent]) -> set[str]:
    defined = {
        token.split(" ")[1].rpartition("/")[0]
        for component in components.values()
        for token in component.provides
        if token.startswith("Kind ") and token.endswith(" Namespaced")
    }
    return {group for group in defined if not is_built_in(group) and not _is_fluxs(group)}


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
