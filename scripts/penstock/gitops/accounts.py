"""The accounts that Flux applies components as: one for each namespace, and what it may do there.

kustomize-controller impersonates spec.serviceAccountName for everything that it does for a Kustomization: the dry run
and the apply (patch, and create where the object is not there yet), the health check (get, and list of what a workload
makes) and the garbage collection (get, delete).
"""

from __future__ import annotations

from penstock.kube.flux import NAMESPACE
from penstock.kube.ref import Content

ROLE = "flux-apply"
# No rendered file has it: theirs begin with their kind, and no kind has a dot.
PREFIX = "flux."
# What the health check of a Deployment lists; of all others it looks at the object alone.
_LISTED = {"": ["pods"], "apps": ["replicasets"]}


def name(namespace: str) -> str:
    """The account for what lies in a namespace; it lies in Flux's own, as Flux demands."""
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
