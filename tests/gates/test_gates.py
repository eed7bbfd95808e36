"""Each gate passes on a good platform, and reports the fault of a broken one."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.core.errors import Findings
from penstock.gates import actionlint, hydrate_oracle
from penstock.gates.__main__ import main
from penstock.gates.registry import Check
from penstock.platform.layout import ENGINE
from support import Platform, prove


@pytest.fixture
def inside(good: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The good platform, hydrated, as the working directory."""
    monkeypatch.chdir(good.root)
    return good


def findings(check: Check) -> list[str]:
    with pytest.raises(Findings) as caught:
        prove(check)
    return caught.value.findings


def test_the_oracle_agrees_with_what_was_hydrated(inside: Platform) -> None:
    prove(hydrate_oracle.hydrate_oracle)


def test_the_oracle_agrees_on_a_kustomization_over_a_chart(inside: Platform) -> None:
    inside.release("dressed", values="text: plain\n")
    overlay = "components/dressed/kustomize/overlays/local"
    inside.write(f"{overlay}/kustomization.yaml", "namePrefix: well-\nresources: [chart.yaml]\n")
    inside.hydrate()
    assert (inside.tree / "dressed" / "configmap-well-dressed.yaml").is_file()
    prove(hydrate_oracle.hydrate_oracle)


def test_the_oracle_agrees_on_a_long_line_which_helm_folds_in_a_file(inside: Platform) -> None:
    values = (ENGINE / "tests" / "charts" / "workload" / "base.yaml").read_text()
    files = f"configMaps:\n  long:\n    long.yaml:\n      text: {'word ' * 40}\n"
    inside.release("long", chart="workload", values=values + files)
    inside.hydrate()
    assert "word\n" in inside.text("long/configmap-long.yaml")
    prove(hydrate_oracle.hydrate_oracle)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("hello", "bye"), "ConfigMap town/greeting differs at .data.text"),
        (("name: greeting", "name: other"), "ConfigMap town/greeting is rendered by helmfile, but not in manifests/"),
        (("name: greeting", "name: other"), "ConfigMap town/other is in manifests/, but not rendered by helmfile"),
    ],
)
def test_the_oracle_reports_a_different_object(inside: Platform, edit: tuple[str, str], said: str) -> None:
    path = inside.tree / "greeting" / "configmap-greeting.yaml"
    path.write_text(path.read_text().replace(*edit))
    assert f"local: {said}" in findings(hydrate_oracle.hydrate_oracle)


def test_workflows_are_checked_if_there_are_any(inside: Platform) -> None:
    prove(actionlint.actionlint)
    good = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n"
    inside.write(".github/workflows/good.yaml", good)
    prove(actionlint.actionlint)
    inside.write(".github/workflows/bad.yaml", good.replace("runs-on", "runs-off"))
    lines = findings(actionlint.actionlint)
    assert any("bad.yaml" in line and "runs-on" in line for line in lines)


def test_an_unknown_gate_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["hydrate-oracel"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: unknown gate `hydrate-oracel`\n  hint: did you mean `hydrate-oracle`?\n"


def test_all_is_refused_by_gates_without_classes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["references", "--all"])
    assert raised.value.code == 1
    assert capsys.readouterr().err == (
        "error: `references` has no --all\n  hint: it reads every environment; --all is of rehearse, rehearse-upgrade\n"
    )


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sizes", "--fast"])
    assert ended.value.code == 1
    assert "error: unrecognized arguments: --fast" in capsys.readouterr().err
