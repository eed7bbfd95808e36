"""inv smoke: its table, its exit code, and what it refuses before it asks anything."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from penstock.cluster.smoke.check import Check, World
from penstock.core.console import Step
from penstock.core.errors import Findings, PenstockError
from penstock.verbs import smoke as verb
from smoke_support import Fake
from support import Platform

KWOK = {"metadata": {"name": "node-0", "annotations": {"kwok.x-k8s.io/node": "fake"}}}


def good(_: World, __: Step, ___: float) -> str:
    return "seen"


def bad(where: World, _: Step, __: float) -> str:
    raise PenstockError(f"{where.revision} at {where.address} of {', '.join(where.components)}", "")


CHECKS = [
    Check("first", good, "log 1", pods=False),
    Check("second", bad, "log 2", pods=False),
    Check("third", good, "x"),
]


@pytest.fixture
def up(good: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform that is up on simulated nodes."""
    state = {"provider": "kwok", "environment": "local", "processes": {}, "revision": "abc"}
    good.write(".penstock/local/state.json", json.dumps(state))
    fake = Fake(answers={"/readyz": "ok", "get nodes": {"items": [KWOK]}})
    monkeypatch.setattr(verb, "Kubectl", lambda _: fake)
    monkeypatch.setattr(verb, "CHECKS", CHECKS)
    return good


def smoke(platform: Platform, *only: str, as_json: bool = False) -> None:
    with contextlib.chdir(platform.root):
        verb.smoke("", list(only), "", "", as_json)


def test_what_failed_is_told_with_where_to_look(up: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Findings) as caught:
        smoke(up)
    assert caught.value.exit_code == 1
    assert caught.value.findings == ["second: abc at 127.0.0.1:80 of greeting, spaces"]
    assert caught.value.hint == "second: log 2"
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "CHECK RESULT TIME SEEN, OR WHAT TO LOOK AT"
    assert lines[1].startswith("first passed")
    assert lines[2].startswith("second failed")
    assert lines[2].endswith("log 2")
    assert lines[3] == "third not applicable no pod runs here: the nodes are simulated"
    assert lines[4] == "smoke: 1 passed, 1 failed, 1 not applicable"


def test_what_a_stand_in_answers_proves_nothing(
    up: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_ins = {"registry.example/loki:1": "loki"}
    state = {"provider": "kind", "environment": "local", "processes": {}, "stand_ins": stand_ins}
    up.write(".penstock/local/state.json", json.dumps(state))
    of_loki = Check("second", bad, "log 2", pods=False, proves=("loki",))
    monkeypatch.setattr(verb, "CHECKS", [CHECKS[0], of_loki])
    smoke(up)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[2:] == [
        "second stand-in the image is a stand-in: loki",
        "smoke: 1 passed, 0 failed, 0 not applicable, 1 stand-in",
    ]


def test_one_check_by_name(up: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    smoke(up, "first", as_json=True)
    [outcome] = json.loads(capsys.readouterr().out)
    assert (outcome["check"], outcome["result"], outcome["says"], outcome["look"]) == ("first", "passed", "seen", "")


@pytest.mark.parametrize(("name", "hint"), [("frist", "did you mean `first`?"), ("x", "the checks are first, second")])
def test_an_unknown_check(up: Platform, name: str, hint: str) -> None:
    with pytest.raises(PenstockError, match=f"unknown check `{name}`") as caught:
        smoke(up, name)
    assert caught.value.hint.startswith(hint)


def test_a_cluster_that_does_not_answer(up: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb, "Kubectl", lambda _: Fake(answers={"/readyz": 1}))
    with pytest.raises(PenstockError, match="the API server does not answer"):
        smoke(up)


def test_no_cluster(good: Platform) -> None:
    ran = good.run("smoke")
    assert (ran.returncode, ran.stderr) == (1, "error: there is no cluster here\n  hint: run `inv up`\n")


def test_another_cluster_has_to_be_at_head(up: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    up.git("init", "--quiet", "--initial-branch=main")
    up.commit("Start")
    asked: list[Any] = []

    def kubectl(path: Path) -> Fake:
        asked.append(path)
        return Fake(answers={"/readyz": "ok", "get nodes": {"items": [{"metadata": {"name": "a"}}]}})

    monkeypatch.setattr(verb, "Kubectl", kubectl)
    with contextlib.chdir(up.root), pytest.raises(Findings) as caught:
        verb.smoke("local", [], str(tmp_path / "theirs"), "192.0.2.1:80", False)
    head = up.git("rev-parse", "HEAD")
    assert caught.value.findings == [f"second: {head} at 192.0.2.1:80 of greeting, spaces"]
    assert asked == [tmp_path / "theirs"]
