"""A volume for each claim of the manifests."""

from __future__ import annotations

from typing import Any

from penstock.cluster.volumes import volumes

SPEC: dict[str, Any] = {
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": "disks",
    "resources": {"requests": {"storage": "5Gi"}},
}


def test_each_replica_of_a_stateful_set_gets_a_volume() -> None:
    item = {
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "town"},
        "spec": {"replicas": 2, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": SPEC}]},
    }
    made = volumes([item])
    assert [found["kind"] for found in made] == ["StorageClass", "PersistentVolume", "PersistentVolume"]
    assert made[0]["metadata"]["name"] == "disks"
    assert [found["spec"]["claimRef"]["name"] for found in made[1:]] == ["data-db-0", "data-db-1"]
    assert {found["spec"]["capacity"]["storage"] for found in made[1:]} == {"5Gi"}


def test_a_plain_claim_gets_a_volume_and_other_objects_none() -> None:
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "files", "namespace": "town"}, "spec": SPEC}
    made = volumes([claim, {"kind": "ConfigMap", "metadata": {"name": "x", "namespace": "town"}}])
    assert [found["metadata"]["name"] for found in made] == ["disks", "town-files"]


def test_a_claim_without_a_class_needs_no_class() -> None:
    spec = {key: value for key, value in SPEC.items() if key != "storageClassName"}
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "files", "namespace": "town"}, "spec": spec}
    assert [found["kind"] for found in volumes([claim])] == ["PersistentVolume"]
