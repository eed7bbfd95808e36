"""A volume for each claim of the manifests."""

from __future__ import annotations

from typing import Any

from penstock.cluster.volumes import volumes
from penstock.kube.objects import Object

SPEC: dict[str, Any] = {
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": "disks",
    "resources": {"requests": {"storage": "5Gi"}},
}


def item(kind: str, name: str, spec: dict[str, Any]) -> Object:
    metadata = {"name": name, "namespace": "town"}
    return Object("town", {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec})


def test_each_replica_of_a_stateful_set_gets_a_volume() -> None:
    templates = [{"metadata": {"name": "data"}, "spec": SPEC}]
    pods = {"spec": {"containers": [{"name": "db"}]}}
    made = volumes([item("StatefulSet", "db", {"replicas": 2, "template": pods, "volumeClaimTemplates": templates})])
    assert [found["kind"] for found in made] == ["StorageClass", "PersistentVolume", "PersistentVolume"]
    assert made[0]["metadata"]["name"] == "disks"
    assert [found["spec"]["claimRef"]["name"] for found in made[1:]] == ["data-db-0", "data-db-1"]
    assert {found["spec"]["capacity"]["storage"] for found in made[1:]} == {"5Gi"}


def test_a_plain_claim_gets_a_volume_and_other_objects_none() -> None:
    made = volumes([item("PersistentVolumeClaim", "files", SPEC), item("ConfigMap", "x", {})])
    assert [found["metadata"]["name"] for found in made] == ["disks", "town-files"]


def test_a_claim_without_a_class_needs_no_class() -> None:
    spec = {key: value for key, value in SPEC.items() if key != "storageClassName"}
    assert [found["kind"] for found in volumes([item("PersistentVolumeClaim", "files", spec)])] == ["PersistentVolume"]
