"""docs/reference/components.md has the facts of the manifests, and a reason for every privilege."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from penstock.core.errors import Findings, PenstockError
from penstock.docs import component_readme, components_page
from penstock.docs.components import Component, components
from penstock.platform.layout import Layout
from support import SHIPPED


@pytest.fixture(scope="module")
def facts() -> dict[str, Component]:
    return components(SHIPPED)


@pytest.fixture
def copy(tmp_path: Path) -> Layout:
    """What the page is made of: the manifests, the environments and the components' READMEs."""
    root = SHIPPED.root
    for name in ("environments", "manifests"):
        shutil.copytree(root / name, tmp_path / name)
    shutil.copyfile(root / "helmfile.yaml", tmp_path / "helmfile.yaml")
    for page in root.glob("components/*/README.md"):
        (tmp_path / page.relative_to(root)).parent.mkdir(parents=True)
        shutil.copyfile(page, tmp_path / page.relative_to(root))
    return Layout(tmp_path)


def test_facts_of_workloads(facts: dict[str, Component]) -> None:
    assert facts["thanos"].workloads == {
        ("Deployment", "observability/thanos-query"),
        ("StatefulSet", "observability/thanos-store"),
        ("StatefulSet", "observability/thanos-compactor"),
    }
    assert ("observability/alertmanager", 2, "production") in facts["alertmanager"].replicas
    assert {where for _, _, where in facts["alertmanager"].replicas} == {"production", "production-eu-west-1"}
    assert ("data", "1Gi", "k3d") in facts["loki"].claims
    assert facts["loki"].ports["`loki`"] >= {(3100, "http-metrics")}
    assert facts["coredns"].environments == {"k3d"}
    assert facts["gateway"].after == {"cilium", "gateway-api", "gateway-api-crds", "namespaces"}


def test_privileges_are_all_that_a_restricted_pod_lacks(facts: dict[str, Component]) -> None:
    assert facts["node-exporter"].privileges == {
        "node-exporter": {"host network", "host PID", "/proc (read-only)", "/sys (read-only)", "/ (read-only)"}
    }
    assert {"privileged", "NET_ADMIN", "seccomp unconfined", "host port 4244"} <= facts["cilium"].privileges["cilium"]
    assert facts["loki"].privileges == {}


def test_accounts(facts: dict[str, Component]) -> None:
    assert facts["loki"].account == "apply-observability"
    assert facts["storage-class"].account == ""
    assert facts["storage-class"].cluster_kinds == {"StorageClass"}
    assert facts["coredns"].namespaces == {"kube-system"}


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("| `fluent-bit` | root |", "| `fluent-bit` | host PID |", "`fluent-bit` has `root`, and no reason"),
        ("| `fluent-bit` | root |", "| `fluent-bit` | root, BPF |", "`fluent-bit` doesn't have `BPF`"),
        ("`/var/log` (read-only)", "`/var/log`", "`fluent-bit` has `/var/log (read-only)`, and no reason"),
        ("| `fluent-bit` | root |", "| `fluentbit` | root |", "`fluentbit` doesn't have `root`"),
    ],
)
def test_a_privilege_and_its_reason_belong_together(copy: Layout, old: str, new: str, finding: str) -> None:
    path = copy.components / "fluent-bit" / "README.md"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(Findings) as failure:
        components_page.page(copy)
    assert f"components/fluent-bit/README.md: {finding}" in failure.value.findings


@pytest.mark.parametrize(
    "text",
    ["", "# loki\nStores logs.\n", "# tempo\n\nStores logs.\n", "# loki\n\nStores logs\n", "# loki\n\n## Data\n"],
)
def test_a_page_starts_with_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "loki").mkdir()
    (tmp_path / "loki" / "README.md").write_text(text)
    with pytest.raises(PenstockError, match=r"components/loki/README\.md doesn't start with"):
        component_readme.read(tmp_path / "loki")


def test_a_component_has_a_page(tmp_path: Path) -> None:
    with pytest.raises(PenstockError, match=r"README\.md is missing"):
        component_readme.read(tmp_path / "loki")
