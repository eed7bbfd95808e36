"""Volumes for simulated pods: a PersistentVolume for each claim of the manifests, since no provisioner runs."""

from __future__ import annotations

from typing import Any


def volumes(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The StorageClasses and PersistentVolumes with which every claim of these objects can bind."""
    claims = [claim for item in objects for claim in _claims(item)]
    # Flux creates the manifests' own classes; volumes are bound to their claims by name.
    own = {item["metadata"]["name"] for item in objects if item["kind"] == "StorageClass"}
    classes = sorted({claim["spec"].get("storageClassName", "") for claim in claims} - {"", *own})
    return [_class(name) for name in classes] + [_volume(claim) for claim in claims]


def _claims(item: dict[str, Any]) -> list[dict[str, Any]]:
    namespace = item["metadata"].get("namespace", "")
    if item["kind"] == "PersistentVolumeClaim":
        return [_claim(namespace, item["metadata"]["name"], item["spec"])]
    if item["kind"] != "StatefulSet":
        return []
    return [
        # The StatefulSet controller names claims <template>-<set>-<ordinal>.
        _claim(namespace, f"{template['metadata']['name']}-{item['metadata']['name']}-{ordinal}", template["spec"])
        for template in item["spec"].get("volumeClaimTemplates", [])
        for ordinal in range(item["spec"].get("replicas", 1))
    ]


def _claim(namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"namespace": namespace, "name": name, "spec": spec}


def _class(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _volume(claim: dict[str, Any]) -> dict[str, Any]:
    name = f"{claim['namespace']}-{claim['name']}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": claim["spec"]["resources"]["requests"],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": claim["namespace"],
                "name": claim["name"],
            },
            "hostPath": {"path": f"/simulated/{name}"},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": claim["spec"].get("storageClassName", ""),
        },
    }
