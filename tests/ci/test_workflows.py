"""What runs in CI: the gates and nothing else, with few rights, and only actions at a commit."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from penstock.core.layout import ENGINE
from penstock.core.model import parse
from penstock.verbs.test import GATES

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
    assert jobs.keys() == {"gate"}
    job = jobs["gate"]
    assert job["strategy"]["matrix"] == {"gate": GATES}
    assert job["name"] == "${{ matrix.gate }}"
    assert job["steps"][-1]["with"] == {"gate": "${{ matrix.gate }}"}


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
    assert used(path.read_text())
    assert loose(path.read_text()) == []


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
            assert "checkout" not in step.get("uses", "") or step["with"] == {"persist-credentials": False}


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_scripts_take_what_they_are_given_from_the_environment(path: Path) -> None:
    """An expression inside of a script is text that somebody else may have written."""
    document = read(path)
    parts = document["jobs"].values() if "jobs" in document else [document["runs"]]
    assert [step for part in parts for step in part.get("steps", []) if "${{" in step.get("run", "")] == []


def test_nothing_is_released_unproven() -> None:
    jobs = read(FOLDER / "release.yaml")["jobs"]
    assert jobs["gates"]["uses"] == "./.github/workflows/gate.yaml"
    assert set(jobs["publish"]["needs"]) == {"gates", "wheel"}


def test_python_is_that_of_mise() -> None:
    wanted = tomllib.loads((ENGINE / "mise.toml").read_text())["tools"]["python"]
    text = "".join(path.read_text() for path in [*WORKFLOWS, *ACTIONS])
    assert set(re.findall(r"python-version: *(.+)", text)) == {f'"{wanted}"'}
