"""The names in an object that lead to other objects: what its pods read, and what else it points to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.kube.paths import at

# Kind -> where its pod template is; nowhere in a Pod, which is one itself.
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
# Path in a PodSpec -> the kind of the object that is named there.
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
# Kind -> path in an object of it -> the kind of what is named there; empty where the reference has a kind itself.
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
    """A name at `place` in an object; `keys` are those that it asks of a ConfigMap or Secret, each with its place.

    The namespace is that of the object unless the reference has one, whether the kind is namespaced or not.
    """

    place: str
    kind: str
    namespace: str
    name: str
    keys: tuple[tuple[str, str], ...] = ()
    optional: bool = False


def references(kind: str, namespace: str, content: Mapping[str, Any]) -> Iterator[Reference]:
    """Every name in an object of a (qualified) kind; those that are empty, or not text, are passed over."""
    yield from _named(content, namespace, _OBJECTS.get(kind, {}))
    yield from of_pods(kind, namespace, content)


def of_pods(kind: str, namespace: str, content: Mapping[str, Any]) -> Iterator[Reference]:
    """The names in the pod template of an object alone; none where its kind makes no pods."""
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
