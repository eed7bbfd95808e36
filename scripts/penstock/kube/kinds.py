"""Built-in kinds: their scope, the names of their resources, and names that other APIs use too."""

from __future__ import annotations

import re

from penstock.kube.groups import is_built_in

# Exempt from admission webhooks and policies, so that a broken one can be removed.
ADMISSION = (
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
)
# `kubectl api-resources --namespaced=false` of Kubernetes 1.37.
CLUSTER_SCOPED = frozenset(
    {
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("", "ComponentStatus"),
        *(("admissionregistration.k8s.io", kind) for kind in ADMISSION),
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

# Flux installs these kinds in phase 2, before any component.
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

# Kinds whose fields are read -> their group, since other APIs use these names too: Istio's Gateway, Knative's Service.
# An empty group stands for any built-in one.
_LOOKED_INTO = dict.fromkeys(
    (
        *("APIService", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "CronJob", "CustomResourceDefinition"),
        *("DaemonSet", "Deployment", "EndpointSlice", "Endpoints", "HorizontalPodAutoscaler", "Ingress", "Job"),
        *("MutatingWebhookConfiguration", "Namespace", "NetworkPolicy", "PersistentVolume", "PersistentVolumeClaim"),
        *("Pod", "PodDisruptionBudget", "ReplicaSet", "ReplicationController", "Role", "RoleBinding", "Secret"),
        *("Service", "ServiceAccount", "StatefulSet", "StorageClass", "ValidatingWebhookConfiguration"),
    ),
    "",
) | {
    **dict.fromkeys(("Gateway", "GatewayClass", "HTTPRoute", "ReferenceGrant"), "gateway.networking.k8s.io"),
    **dict.fromkeys(("CiliumClusterwideNetworkPolicy", "CiliumNetworkPolicy"), "cilium.io"),
    "GitRepository": "source.toolkit.fluxcd.io",
    "Kustomization": "kustomize.toolkit.fluxcd.io",
}

# Namespaces that exist before any component is applied.
BUILTIN_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease", "flux-system"})


def qualified(group: str, kind: str) -> str:
    """The kind, with its group if a better-known API has a kind of that name: Gateway.networking.istio.io."""
    expected = _LOOKED_INTO.get(kind)
    is_ours = expected is None or (group == expected if expected else is_built_in(group))
    return kind if is_ours else f"{kind}.{group}"


def is_cluster_scoped(group: str, kind: str) -> bool:
    """Whether a built-in kind is cluster-scoped."""
    return (group, kind) in CLUSTER_SCOPED


def plural(kind: str) -> str:
    """The resource's name in URLs and RBAC; correct for every built-in kind except Endpoints."""
    lower = kind.lower()
    if re.search("[^aeiou]y$", lower):
        return f"{lower[:-1]}ies"
    return f"{lower}es" if lower.endswith("s") else f"{lower}s"
