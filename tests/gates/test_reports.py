"""The formats of a report: all contain the same findings, and other programs can read them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema.protocols import Validator

from penstock.gates import registry, reports
from penstock.gates.__main__ import main
from penstock.gates.finding import Finding, Proven, merged
from penstock.gates.runner import Result
from penstock.kube.ref import ObjectRef
from penstock.platform.layout import ENGINE
from penstock.tools import golang
from support import REAL_ENVIRONMENT, Platform

SCHEMA = ENGINE / "docs" / "reference" / "gate-report.schema.json"
FOUND = Finding("references/name", "spec: there is no ConfigMap town/a, b", "fix 100%", "manifests/a.yaml", 3)
NOWHERE = Finding("references/name", "two\nlines", "fix", environments=("k3d", "kind"))
OBJECT = Finding("references/name", "differs", "fix", object=ObjectRef("apps", "Deployment", "town", "clock"))
RESULT = Result("references", [FOUND, NOWHERE, OBJECT], [Proven("7 references proven", "k3d")])


@pytest.fixture(scope="module")
def sarif(programs: None) -> Validator:
    """The official schema, from a string in a Go module."""
    argv: list[str | Path] = [golang.find_go(), "mod", "download", "-json", "github.com/owenrumney/go-sarif/v3"]
    env = {**REAL_ENVIRONMENT, **golang._ENVIRONMENT}
    done = subprocess.run(argv, cwd=Path(__file__).parent / "sarif", env=env, check=True, capture_output=True)
    text = (Path(json.loads(done.stdout)["Dir"]) / "pkg/report/v210/sarif/schema.go").read_text()
    schema = json.loads(text.partition("`")[2].rpartition("`")[0])
    assert schema["id"].endswith("/sarif-schema-2.1.0.json")
    return jsonschema.Draft7Validator(schema)


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    reports.report(RESULT, "text")
    assert capsys.readouterr().err == (
        "error: manifests/a.yaml: spec: there is no ConfigMap town/a, b [references/name]\n"
        "error: k3d, kind: two\nlines [references/name]\n"
        "error: Deployment town/clock differs [references/name]\n"
        "  hint: fix 100%\nfix\n"
    )


def test_json_fits_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    reports.report(RESULT, "json")
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, json.loads(SCHEMA.read_text()))
    assert found["passed"] is False
    assert [(each["rule"], each["file"], each["line"], each["object"]) for each in found["findings"]] == [
        ("references/name", "manifests/a.yaml", 3, None),
        ("references/name", None, None, None),
        ("references/name", None, None, {"group": "apps", "kind": "Deployment", "namespace": "town", "name": "clock"}),
    ]
    assert found["proven"] == [{"what": "7 references proven", "environment": "k3d"}]


def test_annotations_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    reports.report(RESULT, "github")
    assert capsys.readouterr().out.splitlines() == [
        "::error file=manifests/a.yaml,line=3,title=references/name::spec: there is no ConfigMap town/a, b. fix 100%25",
        "::error title=references/name::k3d, kind: two%0Alines. fix",
        "::error title=references/name::Deployment town/clock differs. fix",
    ]


def test_sarif_is_valid(capsys: pytest.CaptureFixture[str], sarif: Validator) -> None:
    reports.report(RESULT, "sarif")
    log = json.loads(capsys.readouterr().out)
    assert [error.message for error in sarif.iter_errors(log)] == []
    (run,) = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["references/name"]
    assert run["results"][0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "manifests/a.yaml"},
        "region": {"startLine": 3},
    }
    assert run["results"][2]["locations"] == [
        {"logicalLocations": [{"fullyQualifiedName": "apps/Deployment/town/clock", "kind": "resource"}]}
    ]


@pytest.mark.parametrize(
    "change", [{"level": "bad"}, {"message": None}, {"strange": 1}], ids=["a level", "no message", "an unknown key"]
)
def test_invalid_sarif_is_refused(change: dict[str, Any], sarif: Validator) -> None:
    log = reports.as_sarif(RESULT)
    log["runs"][0]["results"][0] |= change
    assert not sarif.is_valid(log)


def test_the_same_finding_in_two_environments_is_one() -> None:
    one, other = (Finding("a/b", "m", "h", environments=(name,)) for name in ("k3d", "kind"))
    assert merged([one, FOUND, other]) == [one.also_in(("kind",)), FOUND]


def test_the_same_finding_in_the_manifests_of_a_fleet_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"shop-{number}" for number in range(200)]
    findings = [
        Finding("a/b", f"manifests/{name}/a has no b", "fix it", f"manifests/{name}/a.yaml", environments=(name,))
        for name in names
    ]
    odd = replace(findings[0], message="manifests/shop-1/a has no b")
    joined = merged([*findings, odd])
    assert joined == [findings[0].also_in(tuple(names)), odd]
    for form in ("text", "github", "sarif"):
        reports.report(Result("references", joined[:1], []).below("in"), form)
        out, err = capsys.readouterr()
        assert "manifests/shop-0/a has no b (also in shop-1, shop-2, shop-3 and 196 more)" in (out or err)
    assert reports.as_json(Result("references", joined[:1], []))["findings"][0]["environments"] == names


@pytest.mark.parametrize("name", ["hydrate-oracle", "kubeconform", "references", "sizes", "actionlint"])
@pytest.mark.parametrize("form", ["json", "sarif"])
def test_every_gate_reports_that_it_passes(
    name: str, form: str, good: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good.hydrate()
    good.git("init", "-q")
    good.commit("Hydrate")
    monkeypatch.chdir(good.root)
    capsys.readouterr()
    main([name, "--format", form])
    found = json.loads(capsys.readouterr().out)
    assert found.get("passed") is True or found["runs"][0]["results"] == []


def test_a_gate_fails_with_findings(
    good: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good.hydrate()
    monkeypatch.chdir(good.root)
    good.replace("manifests/local/greeting/configmap-greeting.yaml", "hello", "bye")
    with pytest.raises(SystemExit) as ended:
        main(["hydrate-oracle"])
    assert ended.value.code == 1
    assert "differs at .data.text [hydrate-oracle/different]\n" in capsys.readouterr().err


def test_annotations_are_the_default_on_github(
    good: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good.hydrate()
    monkeypatch.chdir(good.root)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    good.replace("manifests/local/greeting/configmap-greeting.yaml", "hello", "bye")
    with pytest.raises(SystemExit):
        main(["hydrate-oracle"])
    assert capsys.readouterr().out.startswith("::error title=hydrate-oracle/different::local: ConfigMap town/greeting")


def test_annotations_name_files_from_the_workspace(
    good: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The platform may be a folder of the repository that the runner checked out."""
    good.hydrate()
    monkeypatch.chdir(good.root)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    good.replace("manifests/local/greeting/configmap-greeting.yaml", "hello", "bye")
    places = {good.root.parent: f"file={good.root.name}/manifests/", good.root: "file=manifests/"}
    for workspace, file in places.items():
        monkeypatch.setenv("GITHUB_WORKSPACE", str(workspace))
        with pytest.raises(SystemExit):
            main(["hydrate-check"])
        shown = f"::error {file}local/greeting/configmap-greeting.yaml,title=hydrate-check/stale::"
        assert capsys.readouterr().out.startswith(shown)


def test_every_finding_of_a_rule_is_known() -> None:
    assert all(rule.catches and rule.why and rule.fix for rule in registry.rules().values())
