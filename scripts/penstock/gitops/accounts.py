"""The accounts that Flux applies components as, one per namespace, and their permissions.

kustomize-controller impersonates spec.serviceAccountName for everything it does for a Kustomization: the dry run and
the apply (patch, and create for a missing object), the health check (get, and list of a workload's pods and
replica sets) and the garbage collection (get, delete).
"""

from __future__ import annotations

from typing import Any

from penstock.kube.flux import NAMESPACE

ROLE = "flux-apply"
# Can't collide with a rendered file, which starts with a kind: no kind contains a dot.
PREFIX = "flux."
# Listed by the health check of a Deployment; other checks read only the object.
_LISTED = {"": ["pods"], "apps": ["replicasets"]}


def name(namespace: str) -> str:
    """Return the name of a namespace's account, which is in Flux's own namespace, as Flux requires."""
    return f"apply-{namespace}"


def account(namespace: str) -> dict[str, Any]:
    """Return the ServiceAccount. No pod uses it and it has no token: only kustomize-controller impersonates it."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name(namespace), "namespace": NAMESPACE},
        "automountServiceAccountToken": False,
    }


def role(namespace: str, applied: dict[str, list[str]], pruned: dict[str, list[str]]) -> dict[str, Any]:
    """Return the Role. Both map API groups to resources: `applied` are created and changed, `pruned` deleted."""
    granted = [(applied, ["create", "patch"]), (pruned, ["get", "delete"]), (_LISTED, ["list"])]
    rules = [
        {"apiGroups": [group], "resources": resources, "verbs": verbs}
        for kinds, verbs in granted
        for group, resources in sorted(kinds.items())
    ]
    return {**_of_rbac("Role", namespace), "rules": rules}


def binding(namespace: str) -> dict[str, Any]:
    """Return the RoleBinding of the account to its Role."""
    return {
        **_of_rbac("RoleBinding", namespace),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ROLE},
        "subjects": [{"kind": "ServiceAccount", "name": name(namespace), "namespace": NAMESPACE}],
    }


def _of_rbac(kind: str, namespace: str) -> dict[str, Any]:
    metadata = {"name": ROLE, "namespace": namespace}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata}
