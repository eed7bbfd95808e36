"""The steps of e2e: each passes on a healthy cluster, and reports faults."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from e2e_support import OBJECTS, Tried, item, kustomization, refused, said, tried, write_manifest
from penstock.cluster.smoke.buckets import duration
from penstock.cluster.smoke.check import Outcome
from penstock.cluster.smoke.checks import CHECKS
from penstock.core.errors import Findings, PenstockError
from penstock.core.yaml import parse
from penstock.gates import owned
from penstock.gates.__main__ import main
from penstock.gates.e2e import evidence, gate, steps, trial
from penstock.gates.e2e.steps import Run
from penstock.kube.objects import Object
from penstock.platform import environments
from penstock.platform.layout import ENGINE, Layout
from smoke_support import Fake
from support import Platform


def test_up_passes_when_everything_is_ready(tmp_path: Path) -> None:
    run = tried(tmp_path)
    assert steps.up(run, 60) == "2 Kustomizations Ready"
    assert said(run) == ["up -e local --provider kwok --timeout=30"]


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ([], ["inv up succeeded, but Flux has no Kustomization"]),
        ([kustomization("a", ready="False", reason="Late"), kustomization("b")], ["a is not Ready: Late: said"]),
    ],
)
def test_up_without_ready_kustomizations(tmp_path: Path, found: list[Any], lines: list[str]) -> None:
    assert refused(steps.up, tried(tmp_path, **{"get kustomizations": {"items": found}})) == lines


def outcomes(*results: str) -> str:
    found = [{"check": f"c{n}", "result": each, "seconds": 1.0, "says": "it"} for n, each in enumerate(results)]
    return json.dumps(found)


def test_every_check_has_to_pass(tmp_path: Path) -> None:
    run = tried(tmp_path, "k3d", outcomes("passed", "passed"))
    assert steps.smoke(run, 60) == "2 of 2 checks passed"
    assert said(run) == ["smoke -e local --json"]
    on_kwok = tried(tmp_path / "other", "kwok", outcomes("passed", "not applicable"))
    assert steps.smoke(on_kwok, 60) == "1 of 2 checks passed"


@pytest.mark.parametrize(
    ("provider", "answer", "lines"),
    [
        ("k3d", outcomes("passed", "not applicable"), ["c1 not applicable: it"]),
        ("kwok", outcomes("passed", "failed"), ["c1 failed: it"]),
        ("kwok", outcomes("not applicable"), ["no check passed"]),
        ("kwok", "[]", ["no check passed"]),
        ("k3d", outcomes("passed", "stand-in"), ["c1 stand-in: it"]),
    ],
)
def test_a_failing_check(tmp_path: Path, provider: str, answer: str, lines: list[str]) -> None:
    assert refused(steps.smoke, tried(tmp_path, provider, answer)) == lines


def test_stand_ins_are_named_and_only_those_of_the_trials_images_are_accepted(tmp_path: Path) -> None:
    run = tried(tmp_path, "kind", outcomes("passed", "stand-in", "passed"))
    run.trial = replace(run.trial, images="/archives")
    assert steps.smoke(run, 60) == "2 of 3 checks passed; by stand-ins and not checked: c1"
    run = tried(tmp_path / "other", "kind", outcomes("stand-in"))
    run.trial = replace(run.trial, images="/archives")
    assert refused(steps.smoke, run) == ["no check passed"]


def test_up_gets_the_trials_images(tmp_path: Path) -> None:
    run = tried(tmp_path, "kind")
    run.trial = replace(run.trial, images="/archives")
    steps.up(run, 60)
    assert said(run) == ["up -e local --provider kind --images /archives --timeout=30"]


@pytest.mark.parametrize("answer", ["", "CHECK  RESULT", '{"check": "x"}'])
def test_smoke_with_invalid_output(tmp_path: Path, answer: str) -> None:
    (line,) = refused(steps.smoke, tried(tmp_path, "k3d", answer))
    assert line.startswith("inv smoke --json printed invalid JSON")


def test_an_outcome_survives_json() -> None:
    assert {"check", "result", "seconds", "says", "look"} == set(Outcome.__struct_fields__)


def test_a_second_up_without_changes(tmp_path: Path) -> None:
    busy = item("two", "rest", "Deployment", spec={"replicas": 1}, status={"ready": 0})
    busy["metadata"] |= {"resourceVersion": "9", "annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}
    run = tried(tmp_path, **{"get ConfigMap": [OBJECTS, {"items": [item("one", "demo"), busy]}]})
    assert steps.again(run, 60) == "2 objects unchanged"


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (
            item("one", "demo", metadata={"resourceVersion": "2"}),
            "a_one__ConfigMap was changed: metadata.resourceVersion",
        ),
        (item("one", "demo", data={"a": "b"}), "a_one__ConfigMap was changed: data"),
        (item("other", "demo"), "a_one__ConfigMap is gone"),
    ],
)
def test_a_second_up_with_changes(tmp_path: Path, after: dict[str, Any], line: str) -> None:
    changed = {"items": [after, OBJECTS["items"][1]]}
    assert refused(steps.again, tried(tmp_path, **{"get ConfigMap": [OBJECTS, changed]}))[0] == line


def test_a_second_up_without_owned_objects(tmp_path: Path) -> None:
    assert refused(steps.again, tried(tmp_path, **{"get kustomizations": {"items": []}})) == ["Flux owns nothing"]


def test_changes_of_a_spec_count_and_those_of_a_status_do_not() -> None:
    def one(**more: Any) -> dict[str, Object]:
        answers = {"get Deployment.apps": {"items": [item("two", "rest", "Deployment", **more)]}}
        return owned.read(Fake(answers=answers), ["Deployment.apps"])

    before = one(spec={"replicas": 1}, status={"ready": 0}, metadata={"generation": 1})
    assert owned.differences(before, one(spec={"replicas": 1}, status={"ready": 1}, metadata={"generation": 1})) == []
    after = one(spec={"replicas": 2}, status={"ready": 1}, metadata={"generation": 2})
    assert owned.differences(before, after) == ["a_two_apps_Deployment was changed: metadata.generation, spec.replicas"]
    assert owned.read(Fake(), []) == {}


LESS = {"items": [OBJECTS["items"][1]]}


def test_objects_removed_from_git_are_pruned(tmp_path: Path) -> None:
    run = tried(tmp_path, **{"get ConfigMap": [OBJECTS, OBJECTS, LESS]})
    assert steps.prune(run, 60) == "1 objects of demo removed, 1 unchanged"
    assert not (run.trial.layout.components / "demo").exists()
    assert said(run) == ["hydrate -e local", "Remove demo", "sync -e local --timeout=30"]


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (OBJECTS, ["a_one__ConfigMap still exists"]),
        ({"items": []}, ["a_two_apps_Deployment is gone, but doesn't belong to demo"]),
        (
            {"items": [item("two", "rest", "Deployment", spec={"replicas": 2}, status={"ready": 1})]},
            ["a_two_apps_Deployment was changed: spec.replicas, but doesn't belong to demo"],
        ),
        (
            {"items": [*LESS["items"], item("three", "rest")]},
            ["a_three__ConfigMap is new, but doesn't belong to demo"],
        ),
    ],
)
def test_pruning_too_few_or_too_many_objects(tmp_path: Path, after: Any, lines: list[str]) -> None:
    assert refused(steps.prune, tried(tmp_path, **{"get ConfigMap": [OBJECTS, after]})) == lines


def test_pruning_changes_what_its_manifest_says(tmp_path: Path) -> None:
    more = {"items": [item("two", "rest", "Deployment", spec={"replicas": 2}, status={"ready": 1})]}
    run = tried(tmp_path, **{"get ConfigMap": [OBJECTS, OBJECTS, more]})
    assert isinstance(run.trial, Tried)
    run.trial.does["hydrate"] = lambda: write_manifest(tmp_path / "platform", "two", spec={"replicas": 2})
    assert steps.prune(run, 60) == "1 objects of demo removed, 0 unchanged, 1 changed with the manifests"


def test_pruning_a_component_without_owned_objects(tmp_path: Path) -> None:
    (line,) = refused(steps.prune, tried(tmp_path, **{"get ConfigMap": LESS}))
    assert line == "Flux owns no object of demo"


def test_down_leaves_nothing(tmp_path: Path) -> None:
    run = tried(tmp_path)
    assert steps.down(run, 60) == "nothing is left"
    assert said(run) == ["down -e local"]


def test_the_copy_is_the_working_tree_with_the_trial_s_values(good: Platform) -> None:
    good.git("init", "--quiet", "--initial-branch=main")
    good.commit("Start")
    good.write("tests/e2e/values.yaml", "text: short\ncluster: {name: other}\n")
    good.write(".penstock/local/secret", "x")
    good.write(".gitignore", ".penstock\n")
    (good.root / "components/greeting/values.yaml.gotmpl").write_text("text: {{ .Values.text }}\n")
    before = good.files("")
    with trial.trial(good.layout, "local", "kwok") as made:
        root = made.layout.root
        assert not (root / ".penstock").exists()
        assert "short" in (root / "manifests/local/greeting/configmap-greeting.yaml").read_text()
        assert "name: other" in (root / "environments/local.yaml").read_text()
        status = ["git", "-C", str(root), "status", "--porcelain"]
        assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == ""
        with pytest.raises(PenstockError) as caught:
            made.inv("hydrate", "-e", "nowhere", seconds=60)
        assert caught.value.message.startswith("inv hydrate -e nowhere ended with 1: unknown environment `nowhere`")
        assert json.loads(made.ask("hydrate-check", "--fast", "--json", seconds=60).text) is not None
    assert not root.exists()
    assert good.files("") == before


def test_a_trial_can_add_nodes(good: Platform) -> None:
    good.git("init", "--quiet", "--initial-branch=main")
    good.replace("environments/local.yaml", "cluster:\n", "cluster:\n  kind: {image: registry.example/node:1}\n")
    good.commit("Start")
    with trial.trial(good.layout, "local", "kind", workers=2) as made:
        settings = environments.read(made.layout, "local").cluster.kind
        assert settings is not None
        assert (settings.image, settings.workers) == ("registry.example/node:1", 2)
    with pytest.raises(PenstockError) as caught, trial.trial(good.layout, "local", "kwok", workers=2):
        raise AssertionError("no trial")
    assert caught.value.message == "--workers 2: local has no nodes in Docker on kwok"
    assert caught.value.hint == "omit --workers, or choose one of these providers: kind"


def test_evidence_lists_what_is_missing(tmp_path: Path) -> None:
    pods = {
        "items": [
            {
                "metadata": {"namespace": "a", "name": "p"},
                "status": {"containerStatuses": [{"name": "c", "restartCount": 2}]},
            }
        ]
    }
    run = tried(
        tmp_path,
        answer='{"environment": "local"}',
        **{
            "get pods -A -o wide": "p Running",
            "get pods": pods,
            "describe nodes": "n",
            "--previous": "before",
            "logs": "now",
        },
    )
    run.trial.state.logs.mkdir(parents=True)
    (run.trial.state.logs / "etcd.log").write_text("e")
    run.trial.state.kubeconfig.write_text("")
    folder = tmp_path / "evidence"
    evidence.collect(run.trial, folder)
    there = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    missing = there.pop(evidence.MISSING)
    assert there == {
        "status.json": '{"environment": "local"}',
        "nodes.txt": "n",
        "pods.txt": "p Running",
        "logs/a/p.log": "now",
        "logs/a/p.c.previous.log": "before",
        "local/etcd.log": "e",
    }
    assert missing.splitlines()[0].startswith("events.txt: kubectl failed (exit 1)")
    assert "cilium-status.txt: " in missing


def test_evidence_without_a_cluster_is_its_local_logs(tmp_path: Path) -> None:
    run = tried(tmp_path)
    evidence.collect(run.trial, tmp_path / "evidence")
    (only,) = (tmp_path / "evidence").iterdir()
    assert only.read_text() == "everything: the cluster doesn't exist\n"


def test_after_a_failure_evidence_is_collected_and_the_cluster_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Run, __: float) -> str:
        raise PenstockError("the first\nthe second", "a hint")

    run = tried(tmp_path)

    happened: list[str] = []
    monkeypatch.setattr(
        gate, "STEPS", [steps.Step("one", lambda *_: "fine", 1, "x"), steps.Step("two", broken, 1, "here")]
    )
    monkeypatch.setattr(gate, "collect", lambda _, folder: full(happened, folder))
    monkeypatch.setattr(gate, "down", lambda *_: refuse(happened))

    def full(into: list[str], folder: Path) -> None:
        into.append(f"evidence in {folder.name}")
        raise OSError("no space left")

    def refuse(into: list[str]) -> str:
        into.append("down")
        raise Findings(["container c1 is left"], "")

    with pytest.raises(Findings) as caught:
        gate._try(run.trial, "demo", tmp_path / "ev")
    assert caught.value.findings == ["two: the first", "two: the second"]
    assert caught.value.hint == "a hint\nlook at: here"
    assert happened == ["evidence in ev", "down"]
    told = capsys.readouterr()
    assert "after the failure: no space left" in told.err
    assert "after the failure: container c1 is left" in told.err
    assert told.out.splitlines()[1].split() == ["one", "passed", *told.out.splitlines()[1].split()[2:4], "fine"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "the following arguments are required: --provider"),
        (["--provider", "kwok", "--deep"], "unrecognized arguments: --deep"),
        (["--provider", "kwok", "-e", "locl"], "unknown environment `locl`"),
        (["--provider", "kwok", "--component", "demo"], "components/demo doesn't exist"),
    ],
)
def test_invalid_arguments(
    good: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    monkeypatch.chdir(good.root)
    with pytest.raises(SystemExit) as caught:
        main(["e2e", *words])
    assert caught.value.code == 1
    assert f"error: {line}" in capsys.readouterr().err


def test_the_environment_defaults_to_that_of_the_provider(good: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(good.root)
    asked: list[tuple[str, str]] = []

    @contextmanager
    def given(_: Layout, environment: str, provider: str, *__: Any) -> Iterator[str]:
        asked.append((environment, provider))
        yield "a trial"

    monkeypatch.setattr(gate, "trial", given)
    monkeypatch.setattr(gate, "_try", lambda *_: None)
    gate.e2e(["--provider", "local", "--component", "greeting"])
    gate.e2e(["--provider", "kwok", "--component", "greeting"])
    gate.e2e(["--provider", "kwok", "-e", "local", "--component", "greeting"])
    assert asked == [("local", "local"), ("local", "kwok"), ("local", "kwok")]


@pytest.mark.parametrize("environment", ["k3d", "kind"])
def test_the_trial_s_values_exist_in_the_platform(environment: str) -> None:
    root = Layout(ENGINE)
    values: dict[str, Any] = {}
    for layer in environments.layers(root, environment).values():
        values = environments.merged(values, layer)
    over = parse((ENGINE / trial.VALUES).read_bytes(), trial.VALUES)
    schema = json.loads((root.environments / "schema.json").read_text())
    for key, inner in over.items():
        assert inner.keys() <= values[key].keys()
        assert all(inner[name] != values[key][name] for name in inner)
    changed = environments.merged(values, over)
    jsonschema.validate({key: changed[key] for key in schema["properties"]}, schema)
    assert duration(over["prometheus"]["block"]) < duration(values["prometheus"]["block"])
    # Short enough to be waited for.
    due = {check.name: check.seconds for check in CHECKS}
    assert duration(over["prometheus"]["block"]).total_seconds() * 1.5 + 180 <= due["bucket-metrics"]
    assert duration(over["tempo"]["block"]).total_seconds() + 120 <= due["bucket-traces"]


def test_every_step_has_a_deadline_and_a_place_to_look() -> None:
    assert [step.name for step in steps.STEPS] == ["up", "smoke", "again", "prune", "down"]
    assert all(step.look and 0 < step.seconds <= 2400 for step in steps.STEPS)
