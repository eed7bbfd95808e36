"""Volumes for simulated pods: a PersistentVolume for each claim of the manifests, since no provisioner runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from penstock.kube.objects import Key, Object, Workload
from penstock.kube.pods import ClaimSpec
from penstock.kube.read import read
from penstock.kube.ref import Content
from penstock.tools.kubectl import Kubectl

_UNBOUND = json.dumps({"spec": {"claimRef": {"uid": None, "resourceVersion": None}}})


def volumes(objects: Iterable[Object]) -> list[Content]:
    """Return the StorageClasses and PersistentVolumes that the claims of these objects need to bind."""
    typed = [read(item) for item in objects if item.kind in ("PersistentVolumeClaim", "StatefulSet", "StorageClass")]
    claims = [claim for item in typed for claim in _claims(item)]
    # Flux creates the manifests' own classes; volumes are bound to their claims by name.
    own = {item.name for item in typed if item.kind == "StorageClass"}
    classes = sorted({spec.storage_class_name for _, spec in claims} - {"", *own})
    return [*map(_class, classes), *(_volume(key, spec) for key, spec in claims)]


def renew(kubectl: Kubectl) -> None:
    """Offer the volumes of deleted claims to new claims of the same names, as a provisioner makes new ones."""
    for volume in kubectl.get("persistentvolumes"):
        if volume.get("status", {}).get("phase") in ("Released", "Failed"):
            kubectl.run("patch", "persistentvolume", volume["metadata"]["name"], "--type=merge", "-p", _UNBOUND)


def _claims(item: Object) -> Iterator[tuple[Key, ClaimSpec]]:
    if item.kind == "PersistentVolumeClaim":
        yield item.key, item.spec_as(ClaimSpec)
    elif isinstance(item, Workload):
        for template in item.spec.volume_claim_templates:
            for ordinal in range(item.spec.replicas):
                # The StatefulSet controller names claims <template>-<set>-<ordinal>.
                yield (item.namespace, f"{template.metadata.name}-{item.name}-{ordinal}"), template.spec


def _class(name: str) -> Content:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _volume(claim: Key, spec: ClaimSpec) -> Content:
    name = "-".join(claim)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "accessModes": spec.access_modes,
            "capacity": spec.resources.requests,
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": claim[0],
                "name": claim[1],
            },
            "hostPath": {"path": f"/simulated/{name}"},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec.storage_class_name,
        },
    }
