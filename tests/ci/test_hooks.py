"""The hooks: their files are valid, and a real `git commit` is rejected where it should be."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.core.layout import ENGINE
from penstock.core.yaml import parse
from support import Platform

HOOK = "penstock-hydrate-check"
OFFERED = ENGINE / ".pre-commit-hooks.yaml"


def pre_commit(*words: str, cwd: Path = ENGINE) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "pre_commit", *words], cwd=cwd, capture_output=True, text=True)


def hooks(path: Path) -> dict[str, dict[str, Any]]:
    read = parse(path.read_bytes(), path)
    listed = read["repos"][0]["hooks"] if isinstance(read, dict) else read
    return {hook["id"]: hook for hook in listed}


@pytest.mark.parametrize("kind", ["config", "manifest"])
def test_the_files_are_valid(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path))
    path = {"config": ".pre-commit-config.yaml", "manifest": OFFERED.name}[kind]
    told = pre_commit(f"validate-{kind}", path)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_what_a_commit_must_pass_here() -> None:
    assert hooks(ENGINE / ".pre-commit-config.yaml").keys() == {
        "hydrate-check",
        "sizes",
        "actionlint",
        "yamllint",
        "ruff",
        "ruff-format",
    }


@pytest.mark.parametrize(
    ("path", "concerned"),
    [
        ("components/greeting/values.yaml.gotmpl", True),
        ("charts/note/Chart.yaml", True),
        ("environments/base.yaml", True),
        ("manifests/local/penstock.lock", True),
        ("helmfile.yaml", True),
        ("charts.lock", True),
        ("docs/charts.lock", False),
        ("README.md", False),
        ("docs/components/page.md", False),
    ],
)
def test_the_hooks_run_on_what_makes_manifests(path: str, concerned: bool) -> None:
    for place, name in ((OFFERED, HOOK), (ENGINE / ".pre-commit-config.yaml", "hydrate-check")):
        assert bool(re.search(hooks(place)[name]["files"], path)) is concerned


@pytest.fixture
def elsewhere(good: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A repository of the same shape that has the hook of this one, as `pre-commit install` leaves it.

    The engine's repository is one of what the hook needs of it, and its environment is ours: nothing is installed.
    """
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    engine = Platform(tmp_path / "engine")
    engine.root.mkdir()
    for name in (OFFERED.name, "inv", "tasks.py", "requirements.lock"):
        shutil.copy(ENGINE / name, engine.root)
    engine.git("init", "--quiet", "--initial-branch=main")
    engine.commit("Engine")
    good.git("init", "--quiet", "--initial-branch=main")
    repository = f"{{repo: {engine.root}, rev: {engine.git('rev-parse', 'HEAD')}, hooks: [{{id: {HOOK}}}]}}"
    good.write(".pre-commit-config.yaml", f"repos:\n  - {repository}\n")
    told = pre_commit("install", "--install-hooks", cwd=good.root)
    assert told.returncode == 0, told.stdout + told.stderr
    (clone,) = (tmp_path / "pre-commit").glob("repo*")
    (clone / ".venv").symlink_to(Path(sys.prefix))
    return good


def commit(platform: Platform) -> subprocess.CompletedProcess[str]:
    platform.git("add", "--all")
    argv = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "-m", "Change"]
    return subprocess.run(argv, cwd=platform.root, capture_output=True, text=True)


def test_a_commit_with_stale_manifests_is_rejected_until_they_are_hydrated(elsewhere: Platform) -> None:
    told = commit(elsewhere)
    assert told.returncode == 0, told.stdout + told.stderr
    elsewhere.replace("components/greeting/values.yaml.gotmpl", "hello", "bye")
    told = commit(elsewhere)
    assert told.returncode == 1
    said = told.stdout + told.stderr
    assert said.count("changed since manifests/local/greeting was hydrated") == 1
    assert "hint: run `inv hydrate` and commit what it writes" in said
    assert elsewhere.git("log", "--oneline").count("\n") == 0
    elsewhere.hydrate()
    told = commit(elsewhere)
    assert told.returncode == 0, told.stdout + told.stderr
    assert elsewhere.git("log", "--oneline").count("\n") == 1


def test_a_commit_that_edits_a_manifest_by_hand_is_rejected(elsewhere: Platform) -> None:
    assert commit(elsewhere).returncode == 0
    elsewhere.replace("manifests/local/greeting/configmap-greeting.yaml", "hello", "bye")
    told = commit(elsewhere)
    assert told.returncode == 1
    assert "manifests/local/greeting/configmap-greeting.yaml was edited by hand" in told.stdout + told.stderr
