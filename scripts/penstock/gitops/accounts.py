"""The accounts that Flux applies components as, one per namespace, and their permissions.

kustomize-controller impersonates spec.serviceAccountName for everything it does for a Kustomization: the dry run and
the apply (patch, and create for a missing object), the health check (get, and list of a workload's pods and
replica sets) and the garbage collection (get, delete).
"""

from __future__ import annotations

from penstock.kube.flux import NAMESPACE
from penstock.kube.ref import Content

ROLE = "flux-apply"
# Can't collide with a rendered file, which starts with a kind: no kind contains a dot.
PREFIX = "flux."
# Listed by the health check of a Deployment; other checks read only the object.
_LISTED = {"": ["pods"], "apps": ["replicasets"]}


def name(namespace: str) -> str:
    """Return the name of a namespace's account, which is in Flux's own namespace, as Flux requires."""
    return f"apply-{namespace}"


def account(namespace: str) -> Content:
    """The ServiceAccount. No pod runs as it, and it has no token: kustomize-controller alone acts in its name."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name(namespace), "namespace": NAMESPACE},
        "automountServiceAccountToken": False,
    }


def role(namespace: str, applied: dict[str, list[str]], pruned: dict[str, list[str]]) -> Content:
    """What the account may do. Both map API groups to resources: `applied` are made and changed, `pruned` removed."""
    granted = [(applied, ["create", "patch"]), (pruned, ["get", "delete"]), (_LISTED, ["list"])]
    rules = [
        {"apiGroups": [group], "resources": resources, "verbs": verbs}
        for kinds, verbs in granted
        for group, resources in sorted(kinds.items())
    ]
    return {**_of_rbac("Role", namespace), "rules": rules}


def binding(namespace: str) -> Content:
    """The Role given to the account."""
    return {
        **_of_rbac("RoleBinding", namespace),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ROLE},
        "subjects": [{"kind": "ServiceAccount", "name": name(namespace), "namespace": NAMESPACE}],
    }


def _of_rbac(kind: str, namespace: str) -> Content:
    metadata = {"name": ROLE, "namespace": namespace}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata}
