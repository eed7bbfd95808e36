"""The gate `config`: valid configurations pass, and each mistake is reported by its checker."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from penstock.core.errors import Findings, PenstockError
from penstock.core.model import load
from penstock.gates.config import gate, keylist, listed
from penstock.gates.config.check import Check, Outcome
from penstock.gates.config.keylist import Checker, KeyList, checked
from penstock.gates.examples import Example, read
from support import Platform, copy_platform, found, prove

_HERE = Path(__file__).parent
_BROKEN = _HERE / "broken-configurations.yaml"
_LOKI = _HERE / "keys-of-loki.yaml"


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
    """A copy of it, with a small key list for Loki, as the working directory."""
    made = Platform(Path(shutil.copytree(hydrated, tmp_path.resolve() / "platform")))
    monkeypatch.chdir(made.root)
    keys = tmp_path / "keys"
    keys.mkdir()
    shutil.copy(_LOKI, keys / "loki.yaml")
    for name in ("cilium.yaml", "thanos.yaml"):
        shutil.copy(keylist.FOLDER / name, keys)
    monkeypatch.setattr(keylist, "FOLDER", keys)
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
    assert found["ConfigMap town/loki, loki.yaml"][-1] == "checked against a key list, not by the program"
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


@pytest.mark.parametrize("path", sorted(keylist.FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_key_lists_are_valid(path: Path) -> None:
    assert checked(load(path, KeyList), path.name).program == path.stem


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("root: main", "root: mian", "root: no block `mian`; did you mean `main`?"),
        ("retention: duration", "retention: durration", "main.retention: no type or block `durration`; did you mean"),
        ("block: limits", "block: limit", "main.limits: no type or block `limit`; did you mean `limits`?"),
        ("list: period", "list: perriod", "main.periods: no type or block `perriod`; did you mean `period`?"),
        ("type: boolean", "typ: boolean", "unknown key `typ`"),
        ("type: boolean, ", "", "main.auth_enabled: it must have exactly one of type, enum, block, list and map"),
        ("map: override", "map: override, block: limits", "main.overrides: it must have exactly one of type"),
    ],
)
def test_an_invalid_key_list(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in _LOKI.read_text()
    path = tmp_path / "loki.yaml"
    path.write_text(_LOKI.read_text().replace(old, new))
    with pytest.raises(PenstockError) as caught:
        checked(load(path, KeyList), "loki.yaml")
    assert said in caught.value.message


def test_a_missing_key_list() -> None:
    with pytest.raises(PenstockError, match=r"nothing\.yaml doesn't exist"):
        keylist.read("nothing")


def faults(values: dict[str, Any], texts: bool = False) -> list[str]:
    return list(Checker(load(_LOKI, KeyList), texts).faults({"auth_enabled": True, **values}))


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
            ["periods[1].frm: unknown key; did you mean `from`?", "periods[1].from: missing"],
        ),
        ({"periods": {"from": "x"}}, ["periods: a mapping is not a list"]),
        ({"limits": {"queue": "3 parsecs"}}, ["limits.queue: `3 parsecs` is not of the type size"]),
        ({"limits": {"queue": "10MiB"}}, []),
        ({"overrides": {"shop": {"rate": "fast"}}}, ["overrides.shop.rate: `fast` is not of the type number"]),
        ({"overrides": ["shop"]}, ["overrides: a list is not a mapping"]),
        ({"hosts": ["a", {}]}, ["hosts: a list is not of the type strings"]),
        ({"weights": [1, 2.5, "x"]}, ["weights[2]: `x` is not of the type number"]),
        ({"labels": []}, ["labels: a list is not of the type map"]),
        ({"unheard": 1}, ["unheard: unknown key"]),
    ],
)
def test_values_checked_by_a_key_list(value: dict[str, Any], said: list[str]) -> None:
    assert faults(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"AUTH_enabled": "On", "server": {"http_listen_port": "3100"}, "weights": ["2.5"], "hosts": "a, b"}, []),
        ({"server": {"http_listen_port": "many"}}, ["server.http_listen_port: `many` is not of the type integer"]),
    ],
)
def test_text_configurations_accept_quoted_numbers(value: dict[str, Any], said: list[str]) -> None:
    assert faults(value, texts=True) == said


def test_an_ini_file_has_sections_and_keys_above_them() -> None:
    text = "app_mode = production\n# a comment\n[server]\nroot_url = http://x/?a=b\n; another\n"
    assert listed.ini(text) == {"app_mode": "production", "server": {"root_url": "http://x/?a=b"}}
