"""The hooks: their files are valid, and a real `git commit` with faults is rejected."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.core.yaml import parse
from penstock.platform.layout import ENGINE
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


def test_the_hooks_of_this_repository() -> None:
    assert hooks(ENGINE / ".pre-commit-config.yaml").keys() == {
        "hydrate-check",
        "sizes",
        "actionlint",
        "yamllint",
        "codespell",
        "ruff",
        "ruff-format",
    }


def test_the_hooks_run_on_every_commit() -> None:
    for place, name in ((OFFERED, HOOK), (ENGINE / ".pre-commit-config.yaml", "hydrate-check")):
        hook = hooks(place)[name]
        assert (hook["always_run"], hook.get("files")) == (True, None)


@pytest.fixture
def elsewhere(good: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A repository of the same shape that has the hook of this one, as `pre-commit install` leaves it."""
    install(good, tmp_path, monkeypatch)
    return good


def install(repository: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: str = "") -> None:
    """Give a repository the hook.

    The engine's repository is one of what the hook needs of it, and its environment is ours: nothing is installed.
    """
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    engine = Platform(tmp_path / "engine")
    engine.root.mkdir()
    for name in (OFFERED.name, "inv", "tasks.py", "requirements.lock"):
        shutil.copy(ENGINE / name, engine.root)
    engine.git("init", "--quiet", "--initial-branch=main")
    engine.commit("Engine")
    repository.git("init", "--quiet", "--initial-branch=main")
    hook = f"{{id: {HOOK}{args}}}"
    source = f"{{repo: {engine.root}, rev: {engine.git('rev-parse', 'HEAD')}, hooks: [{hook}]}}"
    repository.write(".pre-commit-config.yaml", f"repos:\n  - {source}\n")
    told = pre_commit("install", "--install-hooks", cwd=repository.root)
    assert told.returncode == 0, told.stdout + told.stderr
    (clone,) = (tmp_path / "pre-commit").glob("repo*")
    (clone / ".venv").symlink_to(Path(sys.prefix))


def commit(platform: Platform, *argv: str, add: bool = True) -> subprocess.CompletedProcess[str]:
    if add:
        platform.git("add", "--all")
    argv = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "-m", "Change", *argv)
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


def test_a_commit_that_only_deletes_sources_is_rejected(elsewhere: Platform) -> None:
    assert commit(elsewhere).returncode == 0
    elsewhere.git("rm", "--quiet", "-r", "components/greeting")
    done = commit(elsewhere, add=False)
    assert done.returncode == 1
    assert "components/greeting is gone, but manifests/local/greeting is still there" in done.stdout + done.stderr


def test_a_commit_of_some_files_is_judged_by_these(elsewhere: Platform) -> None:
    assert commit(elsewhere).returncode == 0
    elsewhere.release("echo")
    elsewhere.hydrate()
    elsewhere.git("add", "--all")
    left_out = commit(elsewhere, "--", "components", "manifests/local/penstock.lock", add=False)
    assert left_out.returncode == 1
    assert "manifests/local/echo is not in the commit" in left_out.stdout + left_out.stderr
    elsewhere.write("README.md", "Another thing.\n")
    elsewhere.git("add", "README.md")
    other = commit(elsewhere, "--", "README.md", add=False)
    assert other.returncode == 0, other.stdout + other.stderr
    assert commit(elsewhere).returncode == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("", "hint: `platform` is one: say `--platform platform` (in a hook `args: [--platform, platform]`)"),
        (", args: [--platform, platform]", "components/greeting changed since manifests/local/greeting was hydrated"),
    ],
)
def test_a_platform_in_a_folder(
    args: str, said: str, good: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Platform(tmp_path / "repository")
    shutil.copytree(good.root, repository.root / "platform")
    install(repository, tmp_path, monkeypatch, args)
    inner = Platform(repository.root / "platform")
    inner.replace("components/greeting/values.yaml.gotmpl", "hello", "bye")
    done = commit(repository)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr


def test_the_platform_of_the_environment(good: Platform, tmp_path: Path) -> None:
    elsewhere = {"cwd": tmp_path, "env": {"PENSTOCK_PLATFORM": str(good.root)}}
    assert good.run("hydrate-check", "--fast", **elsewhere).returncode == 0  # type: ignore[arg-type]
    done = good.run("hydrate-check", "--fast", "--platform", "charts", cwd=good.root)
    assert (done.returncode, "charts: no platform there: it lacks helmfile.yaml" in done.stderr) == (1, True)
