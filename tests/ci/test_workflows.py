"""What runs in CI: the gates and nothing else, with few rights, and only actions at a commit."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from penstock.core.yaml import parse
from penstock.gates.e2e.steps import STEPS
from penstock.gates.matrix import matrix
from penstock.gates.registry import CI_ONLY
from penstock.platform.layout import ENGINE, Layout
from penstock.verbs.test import GATES
from support import SHIPPED

FOLDER = ENGINE / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.y*ml"))
ACTIONS = sorted((ENGINE / ".github" / "actions").glob("*/action.y*ml"))
_USES = re.compile(r"uses: *(\S+)(?: +# *(\S+))?")


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = parse(path.read_bytes(), path)
    return found


def used(text: str) -> list[tuple[str, str]]:
    """Every action that a file uses, with the comment behind it; those of this repository are left out."""
    return [(action, comment) for action, comment in _USES.findall(text) if not action.startswith("./")]


def loose(text: str) -> list[str]:
    """The actions that aren't pinned by a whole commit, with the version in a comment."""
    return [
        action
        for action, comment in used(text)
        if not re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}", action) or not re.fullmatch(r"v\d+\.\d+\.\d+", comment)
    ]


def test_every_gate_has_its_job_and_no_other_has_one() -> None:
    jobs = read(FOLDER / "gate.yaml")["jobs"]
    assert jobs.keys() == {"plan", "gate"}
    assert "-m penstock.gates matrix" in jobs["plan"]["steps"][-1]["run"]
    assert matrix(SHIPPED) == {"include": [{"gate": gate, "shard": ""} for gate in GATES]}
    job = jobs["gate"]
    assert job["strategy"]["matrix"] == "${{ fromJSON(needs.plan.outputs.matrix) }}"
    assert job["name"].startswith("${{ matrix.gate }}")
    assert job["steps"][-1]["with"] == {"gate": "${{ matrix.gate }}", "shard": "${{ matrix.shard }}"}


def test_a_fleet_is_shared_out_to_several_jobs(tmp_path: Path) -> None:
    (tmp_path / "helmfile.yaml").write_text("environments: {a: {}, b: {}, c: {}}\nhelmfiles: []\n")
    for name in "abc":
        lock = tmp_path / "manifests" / name / "penstock.lock"
        lock.parent.mkdir(parents=True)
        with lock.open("wb") as file:
            file.truncate(5_000_000)
    jobs = [(job["gate"], job["shard"]) for job in matrix(Layout(tmp_path))["include"]]
    assert [share for gate, share in jobs if gate == "references"] == ["1/2", "2/2"]
    assert [share for gate, share in jobs if gate in ("lint", "tests")] == ["", ""]
    assert {gate for gate, _ in jobs} == {*GATES}


def test_a_newer_commit_of_a_pull_request_ends_the_gates_of_the_older() -> None:
    workflow = read(FOLDER / "gate.yaml")
    assert workflow["on"].keys() == {"pull_request", "push", "workflow_call"}
    assert "github.event.pull_request.number || github.sha" in workflow["concurrency"]["group"]
    assert workflow["concurrency"]["cancel-in-progress"] is True


def test_the_cache_is_of_the_machine_the_gate_and_the_pins() -> None:
    steps = read(ENGINE / ".github/actions/penstock-gate/action.yaml")["runs"]["steps"]
    (cache,) = (step["with"] for step in steps if step.get("uses", "").startswith("actions/cache@"))
    words = ("runner.os", "runner.arch", "inputs.gate", "steps.engine.outputs.pins")
    assert cache["key"] == "-".join(["penstock", *(f"${{{{ {word} }}}}" for word in words)])
    assert cache["key"].startswith(cache["restore-keys"])
    assert cache["path"] == "~/.cache/penstock"


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    text = path.read_text()
    assert used(text) or "uses:" not in text
    assert loose(text) == []


def test_an_action_has_one_version() -> None:
    text = "".join(path.read_text() for path in [*WORKFLOWS, *ACTIONS])
    versions = {(action.partition("@")[0], action, comment) for action, comment in used(text)}
    assert len(versions) == len({name for name, _, _ in versions})


@pytest.mark.parametrize(
    "line",
    [
        "uses: actions/checkout@v7",
        "uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1",
        "uses: actions/checkout@3d3c42e # v7.0.1",
        "uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7",
    ],
)
def test_what_is_not_pinned_is_seen(line: str) -> None:
    assert len(loose(line)) == 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_end_and_have_few_rights(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] in ({}, {"contents": "read"})
    assert "pull_request_target" not in workflow["on"]
    for name, job in workflow["jobs"].items():
        assert job.get("uses") or 0 < job["timeout-minutes"] <= 90
        # Whoever may write runs nothing of the repository: there is no checkout.
        writes = "write" in job.get("permissions", {}).values()
        assert not writes or not any("checkout" in step.get("uses", "") for step in job["steps"]), name
        for step in job.get("steps", []):
            # How much history a job has is no right.
            given = {key: value for key, value in step.get("with", {}).items() if key != "fetch-depth"}
            assert "checkout" not in step.get("uses", "") or given == {"persist-credentials": False}


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_scripts_take_what_they_are_given_from_the_environment(path: Path) -> None:
    """An expression inside of a script is text that somebody else may have written."""
    document = read(path)
    parts = document["jobs"].values() if "jobs" in document else [document["runs"]]
    assert [step for part in parts for step in part.get("steps", []) if "${{" in step.get("run", "")] == []


def e2e() -> dict[str, Any]:
    return read(FOLDER / "e2e.yaml")


def test_every_provider_in_docker_is_tried_from_nothing_to_nothing() -> None:
    jobs = e2e()["jobs"]
    assert jobs.keys() == {"e2e"}
    matrix = jobs["e2e"]["strategy"]["matrix"]
    assert matrix == {"provider": ["k3d", "kind"]}
    gates = [step["with"]["gate"] for step in jobs["e2e"]["steps"] if step.get("with", {}).get("gate")]
    assert gates == ["e2e-${{ matrix.provider }}"]
    sessions = re.findall(r'@nox.session\(name="(e2e-\w+)"\)', (ENGINE / "noxfile.py").read_text())
    assert {f"e2e-{provider}" for provider in matrix["provider"]} <= set(sessions)
    # They need Docker and half an hour: neither plain nox nor `inv test` runs them.
    assert not set(sessions) & set(GATES)


def test_fidelity_has_a_workflow_of_its_own() -> None:
    workflow = read(FOLDER / "fidelity.yaml")
    assert workflow["on"].keys() == {"pull_request", "schedule", "workflow_dispatch"}
    assert workflow["jobs"]["fidelity"]["steps"][-1]["with"] == {"gate": "fidelity"}


def test_the_review_of_a_pull_request_rehearses_its_upgrade() -> None:
    steps = read(FOLDER / "review.yaml")["jobs"]["review"]["steps"]
    assert {"uses": "./.github/actions/penstock-review"} in steps
    assert '/inv" rehearse ' in (ENGINE / ".github/actions/penstock-review/review.sh").read_text()


def test_every_gate_runs_in_ci() -> None:
    assert set(CI_ONLY) == {"fidelity", "rehearse-upgrade"}


def test_what_touches_the_platform_or_the_engine_is_tried_and_every_night_all_of_it() -> None:
    on = e2e()["on"]
    assert on.keys() == {"pull_request", "schedule", "workflow_dispatch"}
    paths = set(on["pull_request"]["paths"])
    named = {path.removesuffix("/**") for path in paths}
    assert {path for path in named if not (ENGINE / path).exists()} == set()
    outside = {
        "docs",
        "tests",
        "connections.yaml",
        "dataflow.yaml",
        "external.yaml",
        "promotion.yaml",
        "pyproject.toml",
        "renovate.json",
        "review.yaml",
        "upstream.yaml",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
    }
    listed = subprocess.run(["git", "ls-files"], cwd=ENGINE, capture_output=True, text=True, check=True).stdout
    there = {line.partition("/")[0] for line in listed.splitlines()}
    assert there - {name.partition("/")[0] for name in named} - outside - {"README.md", "README.ja.md"} == {
        name for name in there if name.startswith(".") and name != ".github"
    }


def test_the_providers_programs_come_at_the_version_of_mise() -> None:
    tools = tomllib.loads((ENGINE / "mise.toml").read_text())["tools"]
    (mise,) = (step["with"] for step in e2e()["jobs"]["e2e"]["steps"] if "mise-action" in step.get("uses", ""))
    asked = set(mise["install_args"].split())
    assert {"k3d", "kind", "flux2"} <= asked <= set(tools)
    assert mise["add_shims_to_path"] is False


def test_evidence_is_uploaded_whatever_way_a_job_fails() -> None:
    steps = e2e()["jobs"]["e2e"]["steps"]
    # By the job's environment: a step's own doesn't reach into an action.
    (choice,) = (step["run"] for step in steps if "PENSTOCK_EVIDENCE" in step.get("run", ""))
    assert choice == """printf 'PENSTOCK_EVIDENCE=%s\\n' "$RUNNER_TEMP/evidence" >>"$GITHUB_ENV\""""
    upload = steps[-1]
    assert upload["uses"].startswith("actions/upload-artifact@")
    assert upload["if"] == "${{ !success() }}"
    assert upload["with"]["path"] == "${{ runner.temp }}/evidence"
    assert upload["with"]["if-no-files-found"] == "warn"
    # A copy for each job: two uploads of one name refuse each other.
    assert "matrix.provider" in upload["with"]["name"]
    assert not any("continue-on-error" in step for step in steps)


def test_a_job_is_given_the_time_that_its_gate_may_take() -> None:
    minutes = sum(step.seconds for step in STEPS) / 60
    assert minutes + 20 <= e2e()["jobs"]["e2e"]["timeout-minutes"]


def test_a_review_runs_without_rights_and_its_comment_without_code_of_the_change() -> None:
    review, comment = (read(FOLDER / f"{name}.yaml") for name in ("review", "review-comment"))
    assert review["on"] == {"pull_request": None}
    assert review["permissions"] == {"contents": "read"}
    assert "permissions" not in review["jobs"]["review"]
    assert "secrets" not in (FOLDER / "review.yaml").read_text()
    assert comment["on"] == {"workflow_run": {"workflows": [review["name"]], "types": ["completed"]}}
    [job] = comment["jobs"].values()
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert not [step for step in job["steps"] if "uses" in step]


def test_both_actions_set_up_the_engine_alike() -> None:
    gate, review = (
        read(ENGINE / f".github/actions/{name}/action.yaml")["runs"]["steps"]
        for name in ("penstock-gate", "penstock-review")
    )
    assert gate[:3] == review[:3]
    assert review[3]["with"] == {
        key: value.replace("${{ inputs.gate }}", "review") for key, value in gate[3]["with"].items()
    }


def test_nothing_is_released_unproven() -> None:
    jobs = read(FOLDER / "release.yaml")["jobs"]
    assert jobs["gates"]["uses"] == "./.github/workflows/gate.yaml"
    assert set(jobs["publish"]["needs"]) == {"gates", "wheel"}


def test_python_is_that_of_mise() -> None:
    wanted = tomllib.loads((ENGINE / "mise.toml").read_text())["tools"]["python"]
    text = "".join(path.read_text() for path in [*WORKFLOWS, *ACTIONS])
    assert set(re.findall(r"python-version: *(.+)", text)) == {f'"{wanted}"'}
