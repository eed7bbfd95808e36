"""Objects that are named: ConfigMaps, Secrets, accounts, claims, classes, roles, and what else an object points to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.core.nearest import ending
from penstock.gates.references.verdict import Verdict
from penstock.gates.references.world import World
from penstock.kube.objects import Object, Workload
from penstock.kube.paths import at

_CONTAINER = {
    "env[].valueFrom.configMapKeyRef": "ConfigMap",
    "env[].valueFrom.secretKeyRef": "Secret",
    "envFrom[].configMapRef": "ConfigMap",
    "envFrom[].secretRef": "Secret",
}
# Path in a PodSpec -> the kind that the name there is of.
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
# Kind -> path in an object of it -> the kind of what is named there, unless it says its kind itself.
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
# Kubernetes keeps no objects of these: who they are is the authenticator's to say.
_NO_OBJECTS = ("User", "Group")


def check(world: World) -> Iterator[Verdict]:
    """One verdict for each name, and for each key that is asked of what it names."""
    for item in world.rendered.objects:
        paths = dict(_OBJECTS.get(item.kind, {}))
        if isinstance(item, Workload):
            paths |= {f"{item.pod_path}.{path}": kind for path, kind in _POD.items()}
        if item.namespace:
            yield _verdict(world, item, "metadata.namespace", "Namespace", item.namespace)
        for path, kind in paths.items():
            for place, value in at(item.content, path):
                yield from _named(world, item, place, kind, value)


def _named(world: World, item: Object, place: str, kind: str, value: Any) -> Iterator[Verdict]:
    if isinstance(value, str):
        if value:  # storageClassName "" is none, and means it
            yield _verdict(world, item, place, kind, value)
        return
    name = value.get("name") or value.get("secretName") or value.get("claimName") or ""
    kind = value.get("kind") or kind
    namespace = value.get("namespace") or item.namespace
    if kind in _NO_OBJECTS or not name:
        return
    found = world.find(kind, namespace, name)
    if found is None:
        if not value.get("optional"):
            yield Verdict(item.file, place, world.missing(kind, namespace, name))
        return
    yield Verdict(item.file, place, external=found.external)
    if value.get("optional"):  # so are its keys
        return
    asked = [(place, value["key"])] if "key" in value else []
    asked += [(f"{place}.items[{index}]", wanted["key"]) for index, wanted in enumerate(value.get("items", []))]
    for where, key in asked:
        fault = f"{kind} {namespace}/{name} has no key `{key}`{ending(key, found.keys)}"
        is_known = key in found.keys or (found.external and not found.keys)
        yield Verdict(item.file, where, "" if is_known else fault, found.external)


def _verdict(world: World, item: Object, place: str, kind: str, name: str) -> Verdict:
    found = world.find(kind, item.namespace, name)
    if found is None:
        return Verdict(item.file, place, world.missing(kind, item.namespace, name))
    return Verdict(item.file, place, external=found.external)
