"""The gate kubeconform reports the fields that an API server would refuse, and nothing else."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from kubeconform_support import Case, custom_resources, objects
from penstock.core.errors import Findings, PenstockError
from penstock.gates.kubeconform import judge
from penstock.gates.kubeconform.gate import kubeconform
from penstock.gates.kubeconform.kubernetes import schemas
from support import PLATFORMS, Platform, prove

VERSION = "1.37.2"
ROWS = [*custom_resources(), *objects()]


@pytest.fixture
def inside(good: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The good platform, hydrated, as the working directory."""
    monkeypatch.chdir(good.root)
    return good


@pytest.fixture(scope="module")
def reported(_hydrated: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Row -> findings, of one run of the gate over the objects of all rows."""
    root = Path(shutil.copytree(_hydrated, tmp_path_factory.mktemp("rows") / "platform"))
    platform = Platform(root.resolve())
    platform.replace("environments/base.yaml", "1.35.5", VERSION)
    rows = {}
    for number, case in enumerate(ROWS):
        rows[f"manifests/local/greeting/case{number}.yaml"] = case.row
        platform.write(f"manifests/local/greeting/case{number}.yaml", case.text)
        if case.definition:
            platform.write(f"manifests/local/greeting/definition{number}.yaml", case.definition)
    with contextlib.chdir(root), pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "WORTH", 50)  # as on a large platform, where several programs judge
        patch.setattr("os.cpu_count", lambda: 3)
        lines = findings()
    found: dict[str, list[str]] = {row: [] for row in rows.values()}
    for line in lines:
        file, _, rest = line.partition(": ")
        found.setdefault(rows.get(file, file), []).append(rest)
    return found


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.row)
def test_faults_that_the_api_server_refuses_are_reported(reported: dict[str, list[str]], case: Case) -> None:
    lines = reported[case.row]
    assert len(lines) == len(case.says), lines
    for text in case.says:
        assert any(text in line for line in lines), lines


def test_nothing_else_is_reported(reported: dict[str, list[str]]) -> None:
    assert set(reported) == {case.row for case in ROWS}


def findings() -> list[str]:
    with pytest.raises(Findings) as caught:
        prove(kubeconform)
    return caught.value.findings


def test_good_manifests_fit_their_schemas(inside: Platform) -> None:
    prove(kubeconform)


@pytest.mark.parametrize(
    ("file", "edit", "said"),
    [
        ("greeting/configmap-greeting.yaml", ("\ndata:", "\ndada:"), "dada: field not declared in schema"),
        ("greeting/configmap-greeting.yaml", ("text: hello world", "text: 7"), "data.text: expected string, got 7"),
        (
            "greeting/configmap-greeting.yaml",
            ("kind: ConfigMap", "kind: ConfigMop"),
            "nor a definition serves v1 ConfigMop: did you mean ConfigMap?",
        ),
        (
            "flux-system/kustomization-greeting.yaml",
            ("prune: true", "proon: true"),
            "spec.proon: field not declared in schema",
        ),
        (
            "flux-system/kustomization-greeting.yaml",
            ("interval: 10m", "interval: often"),
            'spec.interval: Invalid value: "often"',
        ),
    ],
)
def test_an_invalid_manifest_is_reported(inside: Platform, file: str, edit: tuple[str, str], said: str) -> None:
    path = inside.tree / file
    assert edit[0] in path.read_text()
    path.write_text(path.read_text().replace(*edit))
    (line,) = findings()
    assert line.startswith(f"manifests/local/{file}: ")
    assert said in line


def test_a_custom_resource_is_checked_by_the_definition_among_the_manifests(inside: Platform) -> None:
    folder = "components/widgets/kustomize/overlays/local"
    inside.write(f"{folder}/kustomization.yaml", "resources: [crd.yaml, widget.yaml]\n")
    inside.write(
        f"{folder}/crd.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.org}\n"
        "spec:\n  group: example.org\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions:\n"
        "    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n"
        "          type: object\n          properties:\n            apiVersion: {type: string}\n"
        "            kind: {type: string}\n            metadata: {type: object}\n            spec:\n"
        "              type: object\n              properties: {size: {type: integer}}\n",
    )
    widget = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w, namespace: town}\nspec: {size: 3}\n"
    inside.write(f"{folder}/widget.yaml", widget)
    inside.hydrate()
    prove(kubeconform)
    inside.write(f"{folder}/widget.yaml", widget.replace("size: 3", "sise: 3"))
    inside.hydrate()
    (line,) = findings()
    assert line.endswith("Widget w: spec.sise: field not declared in schema")


POLICY = (
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: town}\n"
    "spec:\n  endpointSelector: {}\n  ingress:\n    - fromEntities: [ingress]\n"
)
OPERATOR = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: operator\n  namespace: town\n  annotations:\n"
    "    penstock/defines: |\n      cilium.io/CiliumNetworkPolicy Namespaced\n"
)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (POLICY, []),
        (POLICY.replace("[ingress]", "[ingres]"), ['spec.ingress[0].fromEntities[0]: Unsupported value: "ingres"']),
        (POLICY.replace("fromEntities", "fromEntity"), ["spec.ingress[0].fromEntity: field not declared in schema"]),
        (
            POLICY.replace("  ingress:\n    - fromEntities: [ingress]\n", ""),
            ['"spec" must validate at least one schema (anyOf)', "spec.ingress: Required value"],
        ),
    ],
)
def test_custom_resources_of_operators_are_checked_by_their_definitions(
    inside: Platform, policy: str, said: list[str]
) -> None:
    """Cilium's definition requires one of several keys, and listing them doesn't forbid others."""
    folder = "components/policies/kustomize/overlays/local"
    inside.write(f"{folder}/kustomization.yaml", "resources: [operator.yaml, policy.yaml]\n")
    inside.write(f"{folder}/operator.yaml", OPERATOR)
    inside.write(f"{folder}/policy.yaml", policy)
    inside.hydrate()
    if said:
        lines = findings()
        assert len(lines) == len(said)
        for line, text in zip(lines, said, strict=True):
            assert line.startswith("manifests/local/policies/ciliumnetworkpolicy-p.yaml: CiliumNetworkPolicy p: ")
            assert text in line
    else:
        prove(kubeconform)


def test_a_version_without_schemas_lists_the_known_ones() -> None:
    with pytest.raises(PenstockError, match=r"there are no schemas for Kubernetes 9\.9\.0") as caught:
        schemas("9.9.0")
    assert "v1.35.0" in caught.value.hint


KINDS = "a-running-platform/components/kinds/kustomize/overlays/local"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (
            "gateway.networking.k8s.io/Gatewayclass Cluster",
            [
                "lacks `gateway.networking.k8s.io/GatewayClass Cluster`",
                "has `gateway.networking.k8s.io/Gatewayclass Cluster`, which its source does not define",
            ],
        ),
        (
            "gateway.networking.k8s.io/GatewayClass Namespaced",
            ["has `gateway.networking.k8s.io/GatewayClass Namespaced`, which its source does not define"],
        ),
    ],
)
def test_declared_kinds_must_be_those_of_the_source(inside: Platform, declared: str, said: list[str]) -> None:
    for name in ("kinds.yaml", "kustomization.yaml"):
        inside.write(f"components/kinds/kustomize/overlays/local/{name}", (PLATFORMS / KINDS / name).read_text())
    edited = inside.root / "components" / "kinds" / "kustomize" / "overlays" / "local" / "kinds.yaml"
    edited.write_text(edited.read_text().replace("gateway.networking.k8s.io/GatewayClass Cluster", declared))
    inside.hydrate()
    found = findings()
    assert {f"local: Kustomization definitions: penstock/defines {line}" for line in said} <= set(found)
