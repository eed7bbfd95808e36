"""References to other objects by name: from an object's pod template and from its own fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.kube.paths import at

# Kind -> path of the pod template; empty for a Pod.
POD_TEMPLATES = {
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"), "spec.template"
    ),
    "CronJob": "spec.jobTemplate.spec.template",
    "Pod": "",
}
_CONTAINER = {
    "env[].valueFrom.configMapKeyRef": "ConfigMap",
    "env[].valueFrom.secretKeyRef": "Secret",
    "envFrom[].configMapRef": "ConfigMap",
    "envFrom[].secretRef": "Secret",
}
# Path in a PodSpec -> kind of the object that is named there.
_POD = {
    "serviceAccountName": "ServiceAccount",
    "priorityClassName": "PriorityClass",
    "runtimeClassName": "RuntimeClass",
    "imagePullSecrets[]": "Secret",
    "volumes[].configMap": "ConfigMap",
    "volumes[].secret": "Secret",
    "volumes[].projected.sources[].configMap": "ConfigMap",
    "volumes[].projected.sources[].secret": "Secret",
    "volumes[].persistentVolumeClaim": "PersistentVolumeClaim",
    "volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName": "StorageClass",
    **{f"{key}[].{path}": kind for key in ("containers", "initContainers") for path, kind in _CONTAINER.items()},
}
# Kind -> path in the object -> kind of the object that is named there; empty if the reference has its own `kind`.
_OBJECTS = {
    "ClusterRoleBinding": {"roleRef": "", "subjects[]": ""},
    "APIService": {"spec.service": "Service"},
    "CustomResourceDefinition": {"spec.conversion.webhook.clientConfig.service": "Service"},
    "Gateway": {"spec.gatewayClassName": "GatewayClass"},
    "GatewayClass": {"spec.parametersRef": ""},
    "GitRepository": {"spec.secretRef": "Secret"},
    "HorizontalPodAutoscaler": {"spec.scaleTargetRef": ""},
    "Ingress": {
        "spec.ingressClassName": "IngressClass",
        "spec.tls[].secretName": "Secret",
        "spec.defaultBackend.service": "Service",
        "spec.rules[].http.paths[].backend.service": "Service",
    },
    "Kustomization": {
        "spec.dependsOn[]": "Kustomization",
        "spec.serviceAccountName": "ServiceAccount",
        "spec.sourceRef": "",
    },
    "MutatingAdmissionPolicyBinding": {"spec.policyName": "MutatingAdmissionPolicy"},
    "MutatingWebhookConfiguration": {"webhooks[].clientConfig.service": "Service"},
    "PersistentVolumeClaim": {"spec.storageClassName": "StorageClass", "spec.volumeName": "PersistentVolume"},
    "RoleBinding": {"roleRef": "", "subjects[]": ""},
    "ServiceAccount": {"imagePullSecrets[]": "Secret", "secrets[]": "Secret"},
    "StatefulSet": {"spec.volumeClaimTemplates[].spec.storageClassName": "StorageClass"},
    "ValidatingAdmissionPolicyBinding": {"spec.policyName": "ValidatingAdmissionPolicy"},
    "ValidatingWebhookConfiguration": {"webhooks[].clientConfig.service": "Service"},
}


@dataclass(frozen=True)
class Reference:
    """A name at the path `place`; `keys` are the required keys of a ConfigMap or Secret, each with its path.

    The namespace defaults to that of the referring object, even if the kind is cluster-scoped.
    """

    place: str
    kind: str
    namespace: str
    name: str
    keys: tuple[tuple[str, str], ...] = ()
    optional: bool = False


def references(kind: str, namespace: str, content: Mapping[str, Any]) -> Iterator[Reference]:
    """The references in an object of a (qualified) kind; empty names and non-strings are skipped."""
    yield from _named(content, namespace, _OBJECTS.get(kind, {}))
    yield from of_pods(kind, namespace, content)


def of_pods(kind: str, namespace: str, content: Mapping[str, Any]) -> Iterator[Reference]:
    """The references in an object's pod template; none if its kind has none."""
    if kind in POD_TEMPLATES:
        start = f"{POD_TEMPLATES[kind]}.spec".lstrip(".")
        yield from _named(content, namespace, {f"{start}.{path}": named for path, named in _POD.items()})


def _named(content: Mapping[str, Any], namespace: str, paths: Mapping[str, str]) -> Iterator[Reference]:
    for path, kind in paths.items():
        for place, value in at(content, path):
            found = _reference(place, kind, namespace, value)
            if found.name:  # storageClassName "" means no class
                yield found


def _reference(place: str, kind: str, namespace: str, value: Any) -> Reference:
    if not isinstance(value, dict):
        return Reference(place, kind, namespace, value if isinstance(value, str) else "")
    items = enumerate(value.get("items") or [])
    return Reference(
        place,
        value.get("kind") or kind,
        value.get("namespace") or namespace,
        value.get("name") or value.get("secretName") or value.get("claimName") or "",
        (
            *([(place, value["key"])] if "key" in value else []),
            *((f"{place}.items[{index}]", item["key"]) for index, item in items if "key" in item),
        ),
        bool(value.get("optional")),
    )
