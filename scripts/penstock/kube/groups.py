"""API groups, and which of them are built into Kubernetes."""

from __future__ import annotations

# https://kubernetes.io/docs/reference/kubernetes-api/: the groups that every API server has.
BUILT_IN_GROUPS = frozenset(
    ["", "apps", "autoscaling", "batch", "policy", "extensions"]
    + [
        f"{name}.k8s.io"
        for name in (
            "admissionregistration",
            "apiextensions",
            "apiregistration",
            "authentication",
            "authorization",
            "certificates",
            "coordination",
            "discovery",
            "events",
            "networking",
            "node",
            "rbac.authorization",
            "resource",
            "scheduling",
            "storage",
            "storagemigration",
        )
    ]
    + ["flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io"]
)


def group_of(api_version: str) -> str:
    """The group of an apiVersion; the core group is the empty string."""
    return api_version.rpartition("/")[0]


def is_built_in(group: str) -> bool:
    """Whether a group is built into Kubernetes."""
    return group in BUILT_IN_GROUPS
