"""In a Git repository the fast check looks at what a commit holds: what it passes, a clone passes too."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_support import make_fleet
from penstock.core.errors import Findings, PenstockError
from penstock.hydrate import index
from penstock.hydrate.selection import Selection
from penstock.platform import environments
from penstock.platform.layout import Layout
from support import Platform

SOURCE = "components/greeting/values.yaml.gotmpl"


@pytest.fixture
def committed(good: Platform) -> Platform:
    """The good platform, committed as it is."""
    good.git("init", "--quiet", "--initial-branch=main")
    good.commit("Start")
    return good


def clone(made: Platform, place: Path, *options: str) -> Platform:
    made.git("clone", "--quiet", *options, str(made.root), str(place))
    return Platform(place)


def findings(made: Platform) -> list[str]:
    with pytest.raises(Findings) as caught:
        made.check(fast=True)
    return caught.value.message.splitlines()


def test_new_manifests_that_git_does_not_know_are_named(committed: Platform, tmp_path: Path) -> None:
    committed.release("echo")
    committed.hydrate()
    committed.git("add", "components")
    committed.git("add", "--update")
    assert findings(committed) == [
        "manifests/local/echo is not in the commit: git add manifests/local/echo",
        "manifests/local/flux-system/kustomization-echo.yaml is not in the commit: "
        "git add manifests/local/flux-system/kustomization-echo.yaml",
    ]
    with pytest.raises(Findings) as caught:
        committed.check(fast=True)
    assert {*caught.value.rules} == {"hydrate-check/uncommitted"}
    assert caught.value.hint == "run the commands that the findings name, then commit again"
    committed.commit("Echo")
    committed.check(fast=True)
    clone(committed, tmp_path / "clone").check(fast=True)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("components/greeting/config/a b.yaml", "components/greeting/config"),
        ("components/greeting/más.yaml", "components/greeting/más.yaml"),
        ("charts/note/files/[x].txt", "charts/note/files"),
        ("environments/shared.json", "environments/shared.json"),
    ],
)
def test_a_new_source_that_git_does_not_know_is_named(path: str, shown: str, committed: Platform) -> None:
    committed.replace("environments/helmfile.yaml.gotmpl", "---\n", "# shared.json\n---\n")
    committed.write(path, "{}\n")
    committed.hydrate()
    committed.git("add", "--update")
    (line,) = findings(committed)
    assert line.startswith(f"{shown} is not in the commit: git add ")
    committed.commit("All")
    committed.check(fast=True)


def test_a_source_that_git_ignores_is_named_as_one(committed: Platform) -> None:
    committed.write(".gitignore", "local.yaml.gotmpl\n")
    committed.write("components/greeting/local.yaml.gotmpl", "text: mine\n")
    committed.hydrate()
    committed.commit("Without it")
    assert findings(committed) == [
        "components/greeting/local.yaml.gotmpl is not in the commit: Git ignores it; "
        "git add --force components/greeting/local.yaml.gotmpl"
    ]


def test_a_component_that_git_knows_no_file_of_is_left_out(
    committed: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    committed.write("components/wip/notes.txt", "unfinished\n")
    committed.check(fast=True)
    assert "components/wip is left out: Git knows no file of it" in capsys.readouterr().err
    with pytest.raises(PenstockError, match="components/wip has neither"):
        committed.hydrate()


def test_a_hydrated_component_that_the_commit_leaves_out_does_not_stop_it(committed: Platform) -> None:
    committed.release("wip")
    committed.hydrate()
    # As pre-commit does: the changes of files that Git knows are put aside, other files stay.
    committed.git("checkout", "--quiet", ".")
    committed.check(fast=True)


def test_a_hydrated_component_whose_sources_the_commit_lacks_is_named(committed: Platform) -> None:
    committed.release("echo")
    committed.hydrate()
    committed.git("add", "manifests")
    assert findings(committed) == ["components/echo is not in the commit: git add components/echo"]


def test_a_file_beside_the_sources_does_not_stop_a_commit(committed: Platform) -> None:
    committed.write("components/greeting/notes.txt", "for me\n")
    committed.check(fast=True)


def test_a_source_that_leaves_the_index_is_gone(committed: Platform) -> None:
    committed.git("rm", "--quiet", "--cached", "charts/note/values.yaml")
    assert findings(committed) == ["charts/note/values.yaml is not in the commit: git add charts/note/values.yaml"]


def test_a_platform_that_git_does_not_know_is_judged_as_it_lies_there(good: Platform) -> None:
    good.git("init", "--quiet")
    good.check(fast=True)
    assert index.read(good.layout) is None


def test_a_platform_in_a_folder_of_a_repository(good: Platform, tmp_path: Path) -> None:
    whole = Platform(tmp_path / "whole [*] é")
    shutil.copytree(good.root, whole.root / "platform")
    whole.git("init", "--quiet")
    whole.commit("Start")
    inner = Platform(whole.root / "platform")
    inner.check(fast=True)
    inner.write("components/greeting/new.yaml", "a: b\n")
    inner.hydrate()
    assert findings(inner) == [
        "components/greeting/new.yaml is not in the commit: git add components/greeting/new.yaml"
    ]


def test_the_index_of_a_partial_commit_counts(committed: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    committed.release("echo")
    committed.hydrate()
    committed.git("add", "--all")
    other = committed.root / ".git" / "next-index-1.lock"
    shutil.copy(committed.root / ".git" / "index", other)
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-1.lock")
    committed.git("rm", "--quiet", "-r", "--cached", "manifests/local/echo")
    assert findings(committed) == ["manifests/local/echo is not in the commit: git add manifests/local/echo"]
    # That of another repository is none of ours.
    monkeypatch.setenv("GIT_INDEX_FILE", str(committed.root.parent / "index"))
    committed.check(fast=True)


@pytest.mark.parametrize("flag", ["assume-unchanged", "skip-worktree"])
def test_a_file_that_git_overlooks_is_named(flag: str, committed: Platform, tmp_path: Path) -> None:
    committed.git("update-index", f"--{flag}", SOURCE)
    committed.check(fast=True)
    committed.write(SOURCE, "text: changed\n")
    committed.hydrate()
    committed.git("add", "--all")
    assert findings(committed)[0] == (
        f"{SOURCE} has unstaged changes: git update-index --no-{flag} {SOURCE} && git add {SOURCE}"
    )
    committed.git("update-index", f"--no-{flag}", SOURCE)
    committed.commit("Changed")
    committed.check(fast=True)
    clone(committed, tmp_path / "clone").check(fast=True)


@pytest.fixture
def hook(committed: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The platform in a hook of `git commit`, which names its index."""
    monkeypatch.setenv("GIT_INDEX_FILE", str(committed.root / ".git" / "index"))
    return committed


def test_a_hook_judges_what_is_staged(hook: Platform) -> None:
    hook.write(SOURCE, "text: changed\n")
    hook.hydrate()
    hook.git("add", "components")
    manifest = "manifests/local/greeting/configmap-greeting.yaml"
    found = findings(hook)
    assert f"{manifest} has unstaged changes: git add {manifest}" in found
    assert "components/greeting changed since manifests/local/greeting was hydrated" in found
    hook.git("add", "manifests")
    hook.check(fast=True)


def test_a_hook_lets_unstaged_edits_wait(hook: Platform) -> None:
    hook.write(SOURCE, "text: unfinished\n")
    (hook.root / "charts/note/values.yaml").unlink()
    hook.check(fast=True)


def test_a_file_that_only_looks_changed_is_the_same(hook: Platform) -> None:
    (hook.root / SOURCE).touch()
    hook.check(fast=True)
    known = index.read(hook.layout)
    assert known is not None
    assert known.differing == {}


def test_a_real_hook_refuses_stale_manifests(committed: Platform) -> None:
    place = committed.write(
        ".git/hooks/pre-commit",
        f"#!/bin/sh\nexec {sys.executable} -m penstock hydrate-check --fast\n",
    )
    place.chmod(0o755)
    committed.write(SOURCE, "text: changed\n")
    committed.hydrate()
    words = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", "Changed"]
    with pytest.raises(subprocess.CalledProcessError) as caught:
        committed.git(*words, SOURCE)
    assert "has unstaged changes" in caught.value.stderr
    committed.git(*words, "--all")


def test_a_file_of_which_git_knows_only_the_name_is_not_in_the_commit(committed: Platform) -> None:
    committed.write("components/greeting/more.yaml", "a: b\n")
    committed.hydrate()
    committed.git("add", "--update")
    committed.git("add", "-N", "components")
    (line,) = findings(committed)
    assert line.startswith("components/greeting/more.yaml is not in the commit: git add ")


def test_where_git_fails_it_is_said(
    committed: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    committed.write(".git/index", "broken")
    committed.check(fast=True)
    assert "the working tree is judged, not the commit: " in capsys.readouterr().err
    monkeypatch.setenv("GIT_INDEX_FILE", str(committed.root / ".git" / "index"))
    with pytest.raises(PenstockError, match="index file"):
        committed.check(fast=True)


def test_line_ends_are_one_message(committed: Platform, tmp_path: Path) -> None:
    converted = clone(committed, tmp_path / "clone", "-c", "core.autocrlf=true")
    (line,) = findings(converted)
    assert " more have CRLF line ends here, and LF in Git" in line
    shutil.rmtree(converted.root / ".git")
    (line,) = findings(converted)
    assert " more have CRLF line ends here, and LF in the lock" in line


def test_with_gitattributes_line_ends_stay(committed: Platform, tmp_path: Path) -> None:
    committed.write(".gitattributes", "* -text\n")
    committed.commit("Attributes")
    clone(committed, tmp_path / "clone", "-c", "core.autocrlf=true").check(fast=True)


@pytest.mark.parametrize("attributes", ["", "* text=auto\n"])
def test_a_source_that_git_keeps_with_other_line_ends_is_named(attributes: str, committed: Platform) -> None:
    if attributes:
        committed.write(".gitattributes", attributes)
    committed.git("config", "core.autocrlf", "input")
    path = committed.root / "components/greeting/values.yaml.gotmpl"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    committed.hydrate()
    committed.commit("With CRLF")
    (line,) = findings(committed)
    assert line.startswith("components/greeting/values.yaml.gotmpl has CRLF line ends here, and LF in Git")


@pytest.mark.parametrize("attributes", ["* -text\n", "*.gotmpl text eol=crlf\n"])
def test_a_source_that_everyone_has_with_crlf_passes(attributes: str, committed: Platform, tmp_path: Path) -> None:
    committed.write(".gitattributes", attributes)
    committed.git("config", "core.autocrlf", "input")
    for path in (committed.root / "components").rglob("*.gotmpl"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    for path in (committed.root / "environments").rglob("*.gotmpl"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    committed.hydrate()
    committed.commit("With CRLF")
    committed.check(fast=True)
    clone(committed, tmp_path / "clone").check(fast=True)


@pytest.fixture
def sparse(committed: Platform, tmp_path: Path) -> Platform:
    """A clone without the manifests."""
    made = clone(committed, tmp_path / "sparse", "--sparse")
    made.git("sparse-checkout", "set", "components", "charts", "environments")
    return made


def test_a_sparse_checkout_without_manifests(sparse: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    sparse.check(fast=True)
    capsys.readouterr()
    sparse.check()
    assert "local is left out: this is a sparse checkout, without manifests/local" in capsys.readouterr().err
    assert sparse.run("diff").stderr.count("local is left out: this is a sparse checkout") == 1
    done = sparse.run("diff", "-e", "local")
    assert (done.returncode, "removed" in done.stdout) == (1, False)
    assert "hint: git sparse-checkout add manifests/local" in done.stderr


def test_gates_leave_out_what_a_sparse_checkout_has_not(sparse: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    layout = Layout(sparse.root)
    assert environments.chosen(Selection().checked_out(layout)) == []
    assert "local is left out: this is a sparse checkout, without manifests/local" in capsys.readouterr().err
    with pytest.raises(PenstockError, match="this is a sparse checkout, without manifests/local"):
        Selection(("local",)).checked_out(layout)
    sparse.git("sparse-checkout", "add", "manifests")
    assert Selection().checked_out(layout) == layout


def test_what_a_sparse_checkout_commits_is_held_to_the_lock(sparse: Platform) -> None:
    sparse.replace("components/greeting/values.yaml.gotmpl", "hello", "bye")
    assert findings(sparse) == ["components/greeting changed since manifests/local/greeting was hydrated"]


def test_a_sparse_checkout_without_sources_is_refused(sparse: Platform) -> None:
    sparse.git("sparse-checkout", "set", "components/greeting", "charts", "environments", "manifests")
    checks: list[Callable[[], None]] = [sparse.hydrate, sparse.check, lambda: sparse.check(fast=True)]
    for check in checks:
        with pytest.raises(PenstockError, match="this is a sparse checkout, without components/spaces/") as caught:
            check()
        assert caught.value.hint == "git sparse-checkout add components charts"


@pytest.mark.parametrize("path", ["environments/cold.yaml", "environments/north/coast.yaml"])
def test_an_environment_that_the_commit_lacks_is_named(path: str, committed: Platform, tmp_path: Path) -> None:
    make_fleet(committed).hydrate()
    committed.commit("Fleet")
    committed.check(fast=True)
    clone(committed, tmp_path / "clone").check(fast=True)
    committed.git("rm", "--quiet", "--cached", path)
    named = "environments/north" if path.endswith("coast.yaml") else path
    assert f"{named} is not in the commit: git add {named}" in findings(committed)


def test_the_generated_list_of_files_has_to_be_in_the_commit(committed: Platform) -> None:
    make_fleet(committed).hydrate()
    committed.git("add", "--all")
    committed.git("rm", "--quiet", "--cached", "environments/lineage/north.yaml")
    assert findings(committed) == [
        "environments/lineage/north.yaml is not in the commit: git add environments/lineage/north.yaml"
    ]
