"""Each gate passes on a good platform, and names the fault on a broken one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import ENGINE
from penstock.gates import oracle, schema, workflows
from penstock.gates.__main__ import main
from support import PLATFORMS, Platform


@pytest.fixture
def inside(good: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The good platform, hydrated, and we stand in it."""
    monkeypatch.chdir(good.root)
    return good


def findings(gate: Callable[[], None]) -> list[str]:
    with pytest.raises(Findings) as caught:
        gate()
    return caught.value.findings


def test_the_oracle_agrees_with_what_was_hydrated(inside: Platform) -> None:
    oracle.oracle()


def test_the_oracle_agrees_on_a_kustomization_over_a_chart(inside: Platform) -> None:
    inside.release("dressed", values="text: plain\n")
    overlay = "components/dressed/kustomize/overlays/local"
    inside.write(f"{overlay}/kustomization.yaml", "namePrefix: well-\nresources: [chart.yaml]\n")
    inside.hydrate()
    assert (inside.tree / "dressed" / "configmap-well-dressed.yaml").is_file()
    oracle.oracle()


def test_the_oracle_agrees_on_a_long_line_which_helm_folds_in_a_file(inside: Platform) -> None:
    values = (ENGINE / "tests" / "charts" / "workload" / "base.yaml").read_text()
    files = f"configMaps:\n  long:\n    long.yaml:\n      text: {'word ' * 40}\n"
    inside.release("long", chart="workload", values=values + files)
    inside.hydrate()
    assert "word\n" in inside.text("long/configmap-long.yaml")
    oracle.oracle()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("hello", "bye"), "ConfigMap town/greeting differs at .data.text"),
        (("name: greeting", "name: other"), "ConfigMap town/greeting is rendered by helmfile, but not in manifests/"),
        (("name: greeting", "name: other"), "ConfigMap town/other is in manifests/, but not rendered by helmfile"),
    ],
)
def test_the_oracle_names_an_object_that_differs(inside: Platform, edit: tuple[str, str], said: str) -> None:
    path = inside.tree / "greeting" / "configmap-greeting.yaml"
    path.write_text(path.read_text().replace(*edit))
    assert f"local: {said}" in findings(oracle.oracle)


def test_good_manifests_fit_their_schemas(inside: Platform) -> None:
    schema.schema()


@pytest.mark.parametrize(
    ("file", "edit", "said"),
    [
        ("greeting/configmap-greeting.yaml", ("data:", "dada:"), "'dada'"),
        ("greeting/configmap-greeting.yaml", ("text: hello world", "text: 7"), "/data/text"),
        ("greeting/configmap-greeting.yaml", ("kind: ConfigMap", "kind: ConfigMop"), "could not find schema"),
        ("flux-system/kustomization-greeting.yaml", ("prune: true", "proon: true"), "'proon'"),
        ("flux-system/kustomization-greeting.yaml", ("interval: 10m", "interval: often"), "/spec/interval"),
    ],
)
def test_a_manifest_that_does_not_fit_is_named(inside: Platform, file: str, edit: tuple[str, str], said: str) -> None:
    path = inside.tree / file
    assert edit[0] in path.read_text()
    path.write_text(path.read_text().replace(*edit))
    (line,) = findings(schema.schema)
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
    schema.schema()
    inside.write(f"{folder}/widget.yaml", widget.replace("size: 3", "sise: 3"))
    inside.hydrate()
    (line,) = findings(schema.schema)
    assert "'sise'" in line


def test_a_version_without_schemas_says_which_there_are() -> None:
    with pytest.raises(PenstockError, match=r"there are no schemas for Kubernetes 9\.9\.0") as caught:
        schema.kubernetes_schemas("9.9.0")
    assert "v1.35.0" in caught.value.hint


def test_workflows_are_checked_where_there_are_any(inside: Platform) -> None:
    workflows.workflows()
    good = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n"
    inside.write(".github/workflows/good.yaml", good)
    workflows.workflows()
    inside.write(".github/workflows/bad.yaml", good.replace("runs-on", "runs-off"))
    lines = findings(workflows.workflows)
    assert any("bad.yaml" in line and "runs-on" in line for line in lines)


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
def test_declared_kinds_are_those_that_the_source_defines(inside: Platform, declared: str, said: list[str]) -> None:
    for name in ("kinds.yaml", "kustomization.yaml"):
        inside.write(f"components/kinds/kustomize/overlays/local/{name}", (PLATFORMS / KINDS / name).read_text())
    edited = inside.root / "components" / "kinds" / "kustomize" / "overlays" / "local" / "kinds.yaml"
    edited.write_text(edited.read_text().replace("gateway.networking.k8s.io/GatewayClass Cluster", declared))
    inside.hydrate()
    found = findings(schema.schema)
    assert {f"local: Kustomization definitions: penstock/defines {line}" for line in said} <= set(found)


def test_an_unknown_gate_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["hydrate-oracel"])
    assert ended.value.code == 1
    gates = "actionlint, config, dataflow, e2e, hydrate-oracle, kubeconform, references, rehearse"
    assert f"the gates are {gates}" in capsys.readouterr().err


def test_a_gate_that_takes_no_words_refuses_some(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sizes", "--fast"])
    assert ended.value.code == 1
    assert "error: the gate sizes takes no --fast" in capsys.readouterr().err
