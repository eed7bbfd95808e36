"""environments/eks: the identities are those that production's pods need, for its buckets and its cluster."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from penstock.core.yaml import parse
from penstock.platform import environments
from penstock.platform.files import files
from penstock.platform.layout import ENGINE, Layout
from support import shipped

LAYOUT = Layout(ENGINE)
FOLDER = LAYOUT.environments / "eks"
FILES = {path.name: parse(path.read_bytes(), path.name) for path in sorted(FOLDER.glob("*.yaml"))}
VALUES: dict[str, Any] = {}
for _layer in environments.layers(LAYOUT, "production").values():
    VALUES = environments.merged(VALUES, _layer)
ASSOCIATIONS = FILES["identities.yaml"]["iam"]["podIdentityAssociations"]
S3 = "arn:aws:s3:::"
# Brought by an add-on, not by a component.
ADD_ON = ("kube-system", "ebs-csi-controller-sa")


def account(association: dict[str, Any]) -> tuple[str, str]:
    return association["namespace"], association["serviceAccountName"]


def statements(association: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = association.get("permissionPolicy", {}).get("Statement", [])
    return found


def buckets() -> dict[tuple[str, str], str]:
    """Service account -> the bucket in the configuration of its pods."""
    found = {}
    for workload in shipped("production").workloads:
        for _, container in workload.containers():
            for path, file in files(shipped("production"), workload, container).items():
                if PurePosixPath(path).suffix in (".yml", ".yaml"):
                    named = [each for each in VALUES["objectStorage"]["buckets"].values() if each in file.text]
                    for bucket in named:
                        found[workload.namespace, workload.template.spec.service_account_name] = bucket
    return found


def test_each_account_with_a_bucket_has_an_identity_for_that_bucket() -> None:
    wanted = buckets()
    assert len(wanted) == 5, "the sidecar, the store, the compactor, Tempo and Loki"
    given: dict[tuple[str, str], set[str]] = {}
    for association in ASSOCIATIONS:
        for resource in (rule["Resource"] for rule in statements(association)):
            if resource.startswith(S3):
                given.setdefault(account(association), set()).add(resource.removeprefix(S3).partition("/")[0])
    assert given == {who: {bucket} for who, bucket in wanted.items()}


def test_listing_applies_to_the_bucket_and_other_actions_to_its_objects() -> None:
    """S3 silently ignores an action for the wrong kind of resource."""
    for association in ASSOCIATIONS:
        for rule in statements(association):
            for action in (each for each in rule["Action"] if each.startswith("s3:")):
                assert ("Bucket" in action) != rule["Resource"].endswith("/*"), f"{account(association)}: {action}"


def test_every_identity_is_for_an_existing_service_account() -> None:
    there = set(shipped("production").of("ServiceAccount")) | {ADD_ON}
    assert {account(each) for each in ASSOCIATIONS} <= there
    assert len({account(each) for each in ASSOCIATIONS}) == len(ASSOCIATIONS)


def test_the_operator_has_the_rights_for_eni() -> None:
    """The list is that of Cilium 1.20's documentation, with ENI garbage collection and the release of addresses."""
    (operator,) = (each for each in ASSOCIATIONS if each["serviceAccountName"] == "cilium-operator")
    (rule,) = statements(operator)
    assert VALUES["cilium"]["ipam"] == "eni"
    assert {action.removeprefix("ec2:") for action in rule["Action"]} == {
        "AssignPrivateIpAddresses",
        "AttachNetworkInterface",
        "CreateNetworkInterface",
        "CreateTags",
        "DeleteNetworkInterface",
        "DescribeInstanceTypes",
        "DescribeNetworkInterfaces",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeTags",
        "DescribeVpcs",
        "ModifyNetworkInterfaceAttribute",
        "UnassignPrivateIpAddresses",
    }


def test_up_accepts_only_the_cluster_in_cilium_s_settings() -> None:
    server = VALUES["cilium"]["apiServer"]
    assert VALUES["cluster"]["existing"]["server"] == f"https://{server['host']}"
    assert server["port"] == 443


def test_all_files_name_the_cluster_of_production() -> None:
    for name, content in FILES.items():
        metadata = content["metadata"]
        assert metadata["name"] == VALUES["cluster"]["name"], name
        assert metadata["region"] == VALUES["objectStorage"]["region"], name
    assert VALUES["kubernetes"]["version"].startswith(f"{FILES['cluster.yaml']['metadata']['version']}.")
