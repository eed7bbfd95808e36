"""What is known of Kubernetes' own kinds: which have no namespace, and how their resources are called."""

from __future__ import annotations

import re

# `kubectl api-resources --namespaced=false` of 1.37.
CLUSTER_SCOPED = frozenset(
    {
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("", "ComponentStatus"),
        *(
            ("admissionregistration.k8s.io", kind)
            for kind in (
                "MutatingAdmissionPolicy",
                "MutatingAdmissionPolicyBinding",
                "MutatingWebhookConfiguration",
                "ValidatingAdmissionPolicy",
                "ValidatingAdmissionPolicyBinding",
                "ValidatingWebhookConfiguration",
            )
        ),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        *(("authentication.k8s.io", kind) for kind in ("SelfSubjectReview", "TokenReview")),
        *(
            ("authorization.k8s.io", kind)
            for kind in ("SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview")
        ),
        *(("certificates.k8s.io", kind) for kind in ("CertificateSigningRequest", "ClusterTrustBundle")),
        *(("flowcontrol.apiserver.k8s.io", kind) for kind in ("FlowSchema", "PriorityLevelConfiguration")),
        ("internal.apiserver.k8s.io", "StorageVersion"),
        *(("networking.k8s.io", kind) for kind in ("IngressClass", "IPAddress", "ServiceCIDR")),
        ("node.k8s.io", "RuntimeClass"),
        *(("rbac.authorization.k8s.io", kind) for kind in ("ClusterRole", "ClusterRoleBinding")),
        *(("resource.k8s.io", kind) for kind in ("DeviceClass", "DeviceTaintRule", "ResourceSlice")),
        ("scheduling.k8s.io", "PriorityClass"),
        *(
            ("storage.k8s.io", kind)
            for kind in ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass")
        ),
        ("storagemigration.k8s.io", "StorageVersionMigration"),
    }
)

# Flux brings these kinds along in phase 2, before any component.
FLUX_KINDS = frozenset(
    f"{group}/{kind}"
    for group, kinds in {
        "source.toolkit.fluxcd.io": (
            "Bucket",
            "ExternalArtifact",
            "GitRepository",
            "HelmChart",
            "HelmRepository",
            "OCIRepository",
        ),
        "kustomize.toolkit.fluxcd.io": ("Kustomization",),
    }.items()
    for kind in kinds
)

# Namespaces that are there before any component.
GIVEN_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease", "flux-system"})


def is_cluster_scoped(group: str, kind: str) -> bool:
    """Whether a built-in kind has no namespace."""
    return (group, kind) in CLUSTER_SCOPED


def plural(kind: str) -> str:
    """The resource's name in URLs and in RBAC; right for all kinds of Kubernetes' own but Endpoints."""
    lower = kind.lower()
    if re.search("[^aeiou]y$", lower):
        return f"{lower[:-1]}ies"
    return f"{lower}es" if lower.endswith("s") else f"{lower}s"
