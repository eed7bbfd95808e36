"""The gate `config`: valid configurations pass, and each mistake is reported by its checker."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from penstock.core.errors import Findings, PenstockError
from penstock.core.yaml import parse
from penstock.gates.config import gate, listed
from penstock.gates.config.check import Check, Outcome
from penstock.gates.examples import Example, read
from support import Platform, copy_platform, found, prove

_HERE = Path(__file__).parent
_BROKEN = _HERE / "broken-configurations.yaml"
_LOKI = _HERE / "schema-of-loki.yaml"


MISTAKES = read(_BROKEN)
_run = gate._run
_OUTCOMES: dict[str, Outcome] = {}


def _once(check: Check) -> Outcome:
    """A check with equal inputs has an equal outcome, so a mistake runs the program of its own file alone."""
    if check.key not in _OUTCOMES:
        _OUTCOMES[check.key] = _run(check)
    return _OUTCOMES[check.key]


@pytest.fixture(scope="module")
def hydrated(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The platform with valid configurations, hydrated once."""
    made = copy_platform("programs-with-configurations", tmp_path_factory.mktemp("configurations") / "platform")
    made.hydrate()
    return made.root


@pytest.fixture
def right(hydrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A copy of it, with a small schema for Loki, as the working directory."""
    made = Platform(Path(shutil.copytree(hydrated, tmp_path.resolve() / "platform")))
    monkeypatch.chdir(made.root)
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    shutil.copy(_LOKI, schemas / "loki.yaml")
    for name in ("cilium.yaml", "thanos.yaml"):
        shutil.copy(listed.FOLDER / name, schemas)
    monkeypatch.setattr(listed, "FOLDER", schemas)
    monkeypatch.setattr(gate, "_run", _once)
    return made


def lines(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """The gate's output: file -> environments, reader, checker, result."""
    rows = [[cell.strip() for cell in line.split("  ") if cell] for line in capsys.readouterr().err.splitlines()]
    return {row[1]: [row[0], *row[2:]] for row in rows if len(row) > 3 and row[0] != "ENVIRONMENTS"}


def test_valid_configurations_pass_with_a_line_each(right: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    prove(gate.config)
    found = lines(capsys)
    assert len(found) == 17
    assert found["ConfigMap town/rules, up.rules.yml"] == [
        "local",
        "prometheus 3.15.0",
        "promtool 3.16.0",
        "rules: 2; alerts, each with a test: 1",
    ]
    assert found["tests/rules/up.yaml"][-1] == "passing tests: 1"
    assert found["ConfigMap town/alertmanager, alertmanager.yml"][-1] == "valid; templates: 1"
    assert found["ConfigMap town/collector, collector.yaml"][-2] == "otelcol 0.155.0 built from tools/otelcol"
    assert found["ConfigMap town/cilium-config"][-1] == "keys: 6, 4 of them the agent's"
    assert found["ConfigMap town/loki, loki.yaml"][-1] == "checked against a schema, not by the program"
    assert found["ConfigMap town/loki, notes.txt"] == ["local", "none", "not checked"]


@pytest.mark.parametrize("broken", MISTAKES, ids=lambda broken: broken.mistake)
def test_a_mistake_is_reported(right: Platform, broken: Example) -> None:
    right.replace(broken.file, broken.old, broken.new)
    findings = found(gate.config)
    assert [str(finding) for finding in findings] == [f"local: {said}" for said in broken.says]
    assert not broken.rule or {finding.rule for finding in findings} == {broken.rule}


def test_equal_files_of_two_environments_are_checked_once(right: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(right.root / "manifests" / "local", right.root / "manifests" / "other")
    right.replace("helmfile.yaml", "local: {}", "{local: {}, other: {}}")
    shutil.copy(right.root / "environments" / "local.yaml", right.root / "environments" / "other.yaml")
    right.replace("manifests/other/programs/configmap-rules.yaml", "for: 5m", "for: 4m")
    right.replace("manifests/other/programs/deployment-loki.yaml", "loki:3.7.6", "loki:3.9.1")
    for name in ("local", "other"):
        right.replace(f"manifests/{name}/programs/configmap-relay.yaml", "peer-service", "peer-sevice")
    with pytest.raises(Findings) as caught:
        prove(gate.config)
    said, relay = caught.value.findings
    assert said.startswith("other: ConfigMap town/loki, loki.yaml: the image is 3.9.1")
    assert relay.startswith("local, other: ConfigMap town/relay, config.yaml: peer-sevice")
    found = lines(capsys)
    assert found["ConfigMap town/collector, collector.yaml"][0] == "local, other"
    assert found["ConfigMap town/rules, up.rules.yml"][0] == "other"


def test_a_json_file_without_a_checker_is_parsed(right: Platform) -> None:
    right.replace("manifests/local/programs/configmap-loki.yaml", "notes.txt: nobody reads this", "a.json: '{'")
    with pytest.raises(Findings, match=r"local: ConfigMap town/loki, a\.json: Input data was truncated"):
        prove(gate.config)


def test_missing_tests_of_alertmanager_routes_are_reported(right: Platform) -> None:
    (right.root / "tests" / "rules" / "routes.yaml").unlink()
    with pytest.raises(Findings, match=r"local: tests/rules/routes\.yaml on ConfigMap .*: the file is missing"):
        prove(gate.config)


def test_missing_manifests(right: Platform) -> None:
    shutil.rmtree(right.tree)
    with pytest.raises(Findings, match=r"^local: manifests/local is empty$"):
        prove(gate.config)


@pytest.mark.parametrize("path", sorted(listed.FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_schemas_are_valid(path: Path) -> None:
    schema = listed.read(path.stem)
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == path.stem
    assert schema["x-version"]
    assert schema["x-source"].startswith("https://")
    references = re.findall(r"#/\$defs/([\w.-]+)", path.read_text())
    assert set(references) <= set(schema.get("$defs", {}))


def test_a_missing_schema() -> None:
    with pytest.raises(PenstockError, match=r"nothing\.yaml doesn't exist"):
        listed.read("nothing")


def faults(values: dict[str, Any], program: str = "loki") -> list[str]:
    schema = parse(_LOKI.read_text(), "loki.yaml")
    return listed.broken({**schema, "title": program}, {"auth_enabled": True, **values})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"retention": "7d12h"}, []),
        ({"retention": "7 days"}, ["retention: `7 days` is not of the type duration"]),
        ({"retention": 7}, ["retention: `7` is not of the type duration"]),
        ({"retention": None}, []),
        ({"retention": "${RETENTION}"}, []),
        ({"key": True}, ["key: `true` is not of the type integer"]),
        ({"auth_enabled": "on"}, ["auth_enabled: `on` is not of the type boolean"]),
        ({"server": 3}, ["server: `3` is not a mapping; its keys are http_listen_port, log_level"]),
        (
            {"periods": [{"from": "x", "store": "tsdb"}, {"frm": "x"}]},
            ["unknown key `frm` (in periods[1]); did you mean `from`?", "the key `from` is missing (in periods[1])"],
        ),
        ({"periods": {"from": "x"}}, ["periods: a mapping is not a list"]),
        ({"limits": {"queue": "3 parsecs"}}, ["limits.queue: `3 parsecs` is not of the type size"]),
        ({"limits": {"queue": "10MiB"}}, []),
        ({"overrides": {"shop": {"rate": "fast"}}}, ["overrides.shop.rate: `fast` is not of the type number"]),
        ({"overrides": ["shop"]}, ["overrides: a list is not a mapping"]),
        ({"hosts": ["a", {}]}, ["hosts[1]: a mapping is not of the type string"]),
        ({"weights": [1, 2.5, "x"]}, ["weights[2]: `x` is not of the type number"]),
        ({"labels": []}, ["labels: a list is not of the type map"]),
        ({"unheard": 1}, ["unknown key `unheard`"]),
    ],
)
def test_values_checked_by_a_schema(value: dict[str, Any], said: list[str]) -> None:
    assert faults(value) == said


def test_keys_in_any_case() -> None:
    """Grafana and Fluent Bit read them so."""
    value = {"AUTH_enabled": True, "Server": {"HTTP_Listen_Port": "many"}}
    assert faults(value, "grafana") == ["server.http_listen_port: `many` is not of the type integer"]
    assert faults(value)[0] == "unknown key `AUTH_enabled`; did you mean `auth_enabled`?"


@pytest.mark.parametrize(
    ("program", "right", "wrong"),
    [
        ("grafana", {"server": {"http_port": "3000", "enable_gzip": "On"}}, {"server": {"http_port": "many"}}),
        ("fluent-bit", {"service": {"daemon": "off", "flush": "1.5"}}, {"service": {"flush": "often"}}),
    ],
)
def test_programs_that_read_text_accept_quoted_numbers(
    program: str, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    def found(values: dict[str, Any]) -> list[str]:
        return [line for line in listed.broken(listed.read(program), values) if "is missing" not in line]

    assert found(right) == []
    assert len(found(wrong)) == 1


def test_an_ini_file_has_sections_and_keys_above_them() -> None:
    text = "app_mode = production\n# a comment\n[server]\nroot_url = http://x/?a=b\n; another\n"
    assert listed.ini(text) == {"app_mode": "production", "server": {"root_url": "http://x/?a=b"}}
