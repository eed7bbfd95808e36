"""Manifests on a branch of their own, and in another repository: hydrate clones them, checks and gates read them."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from branch_support import IGNORED, bare, bring, git, publish, separate
from conftest import MakePlatform
from git_support import bystanders
from penstock.core.errors import Findings, PenstockError
from penstock.gates.__main__ import main as gate
from penstock.hydrate.selection import Selection
from penstock.hydrate.touched import touched
from penstock.platform.classes import classes
from penstock.review import report
from penstock.verbs.hydrate_check import hydrate_check
from support import Platform

pytestmark = pytest.mark.integration
GREETING = "components/greeting/values.yaml.gotmpl"


@pytest.fixture
def apart(platform: MakePlatform, tmp_path: Path) -> Platform:
    """The platform, pushed; nothing of its manifests is checked out."""
    made = platform()
    shutil.rmtree(made.root / "manifests")
    separate(made, tmp_path / "remotes")
    return made


@pytest.fixture
def published(apart: Platform) -> Platform:
    """The same, with both environments hydrated and pushed."""
    bring(apart)
    publish(apart, "local", "north")
    apart.commit("Hydrate")
    apart.git("push", "--quiet")
    return apart


def clone(of: Platform, folder: Path) -> Platform:
    of.git("clone", "--quiet", of.git("config", "remote.origin.url"), str(folder))
    return Platform(folder)


def trees(of: Platform) -> dict[str, bytes]:
    return {path: text for path, text in of.files().items() if "/.git/" not in path}


def refused(made: Platform, *names: str) -> PenstockError:
    with pytest.raises(PenstockError) as caught:
        bring(made, *names)
    return caught.value


def test_hydrate_clones_what_is_named_and_leaves_the_sources_alone(apart: Platform) -> None:
    bring(apart, "local")
    assert not (apart.root / "manifests" / "north").exists()
    assert "path: ./greeting\n" in apart.text("flux-system/kustomization-greeting.yaml")
    assert git(apart.tree, "symbolic-ref", "--short", "HEAD") == "manifests/local"
    assert apart.git("status", "--porcelain") == ""
    assert apart.git("branch", "--list", "--all") == "* main\n  remotes/origin/main"


def test_a_fresh_clone_hydrates_to_what_is_published(
    published: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = clone(published, tmp_path / "fresh")
    fresh.hydrate()
    assert (
        "local, north are left out: their manifests are on branches that are not checked out" in capsys.readouterr().err
    )
    assert not (fresh.root / "manifests").exists()
    bring(fresh)
    assert trees(fresh) == trees(published)
    for name, branch in (("local", "manifests/local"), ("north", "main")):
        tree = fresh.root / "manifests" / name
        assert git(tree, "status", "--short", "--branch") == f"## {branch}...origin/{branch}"


def test_gates_and_checks_judge_what_is_checked_out(
    published: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = clone(published, tmp_path / "fresh")
    bring(fresh, "local")
    fresh.check()
    fresh.check(fast=True)
    path = fresh.tree / "greeting" / "configmap-greeting.yaml"
    path.write_text(path.read_text().replace("hello", "bye"))
    with pytest.raises(Findings, match=r"manifests/local/greeting/configmap-greeting\.yaml was edited by hand"):
        fresh.check(fast=True)
    with pytest.raises(Findings, match=r"manifests/local/greeting/configmap-greeting\.yaml: stale, or edited by hand"):
        fresh.check()
    capsys.readouterr()
    with contextlib.chdir(fresh.root):
        gate(["kubeconform"])
        assert "north is left out: its manifests are on a branch that is not checked out" in capsys.readouterr().err
        with pytest.raises(SystemExit):
            gate(["kubeconform", "-e", "north"])
    assert "manifests/north is not checked out" in capsys.readouterr().err


def test_a_hook_judges_the_sources_alone(
    published: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    published.replace(GREETING, "hello", "bye")
    published.git("add", "--all")
    with pytest.raises(Findings, match="components/greeting changed since manifests/local/greeting was hydrated"):
        published.check(fast=True)
    shutil.rmtree(published.root / "manifests" / "north")
    capsys.readouterr()
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    published.check(fast=True)
    published.replace(GREETING, "bye", "good bye")  # unstaged: what is staged is judged in a copy
    published.check(fast=True)
    assert "left out" not in capsys.readouterr().err


def test_review_and_diff_compare_with_what_the_branch_publishes(
    published: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [each.changes for each in report.review(published.layout).environments] == [[], []]
    published.replace(GREETING, "hello", "bye")
    bring(published, "local")
    published.commit("Say bye")
    found = report.review(published.layout, environment="local")
    assert [change.name for each in found.environments for change in each.changes] == ["ConfigMap town/greeting"]
    assert found.notes == ["the base of local, north is what the branches of their manifests publish"]
    done = published.succeed("diff", "-e", "local")
    assert "data.text: hello world → bye world" in done.stdout
    # The commits of the sources have none of them.
    found = report.review(published.layout, "HEAD~1", "HEAD")
    assert found.environments == []
    assert (
        "local, north are left out: the branches of their manifests are not part of the sources' commits" in found.notes
    )
    publish(published, "local")
    (local, _) = report.review(published.layout).environments
    assert local.changes == []
    shutil.rmtree(published.tree)
    assert [each.name for each in report.review(published.layout).environments] == ["north"]
    done = published.run("diff", "-e", "local")
    assert (done.returncode, "hint: run `inv hydrate -e local`" in done.stderr) == (1, True)


def test_only_what_differs_from_the_published_manifests_counts_as_changed(published: Platform) -> None:
    assert touched(published.layout) == ()
    published.replace(GREETING, "hello", "bye")
    found = {limit.environment: limit.components for limit in touched(published.layout)}
    assert found == {"local": ("greeting",), "north": ("greeting",)}
    bring(published)
    publish(published, "local")
    published.commit("Say bye")
    published.git("push", "--quiet")
    assert {limit.environment: limit.components for limit in touched(published.layout)} == {"north": ("greeting",)}


def test_files_of_the_repository_stay_and_others_go(published: Platform) -> None:
    (published.tree / ".gitattributes").write_text("* -text\n")
    (published.tree / ".github").mkdir()
    (published.tree / ".github" / "check.yaml").write_text("on: push\n")
    (published.tree / "gone").mkdir()
    (published.tree / "gone" / "object.yaml").write_text("a: b\n")
    with pytest.raises(Findings, match=r"manifests/local/gone/object\.yaml is an extra file") as caught:
        published.check(fast=True)
    assert len(caught.value.findings) == 1
    head = git(published.tree, "rev-parse", "HEAD")
    bring(published, "local")
    assert sorted(path.name for path in published.tree.iterdir()) == sorted(
        [".git", ".gitattributes", ".github", "flux-system", "greeting", "penstock.lock", "spaces"]
    )
    assert git(published.tree, "rev-parse", "HEAD") == head
    with contextlib.chdir(published.root):
        gate(["kubeconform", "-e", "local"])
    assert classes([published.layout], ["local", "north"]) == [("local", "north")]
    publish(published, "local")
    shutil.rmtree(published.tree)
    bring(published, "local")
    assert (published.tree / ".github" / "check.yaml").is_file()


def test_moving_the_manifests_of_an_environment(platform: MakePlatform, tmp_path: Path) -> None:
    made = platform()
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("remote", "add", "origin", str(bare(tmp_path / "origin.git")))
    made.commit("Start")
    before = made.files()
    path = made.root / "environments" / "local.yaml"
    path.write_text(f"{path.read_text()}manifests: {{branch: local}}\n")
    error = refused(made, "local")
    assert isinstance(error, Findings)
    assert error.findings == [
        "manifests/local is on a branch of its own, but tracked here: git rm -r --cached manifests/local",
        "manifests/local is on a branch of its own, but not ignored here: echo /manifests/local/ >> .gitignore",
    ]
    assert made.files() == before
    made.git("rm", "-r", "--quiet", "--cached", "manifests/local")
    made.write(".gitignore", IGNORED)
    bring(made, "local")
    (local,) = report.review(made.layout).environments
    assert {change.name for change in local.changes} == {
        "Kustomization flux-system/greeting",
        "Kustomization flux-system/spaces",
    }
    made.commit("Move the manifests")
    made.check(fast=True)


def test_files_of_the_user_are_not_touched(apart: Platform) -> None:
    apart.write("manifests/local/notes.txt", "mine")
    error = refused(apart, "local")
    assert error.message == (
        "manifests/local has files that `inv hydrate` did not write; "
        "it can't become a clone of the branch manifests/local"
    )
    assert apart.files() == {"manifests/local/notes.txt": b"mine"}


def test_a_repository_that_does_not_answer(apart: Platform, tmp_path: Path) -> None:
    (tmp_path / "remotes" / "north.git").rename(tmp_path / "moved.git")
    error = refused(apart, "north")
    url = f"{tmp_path}/remotes/north.git"
    assert error.message == (f"git can't read {url}: fatal: '{url}' does not appear to be a git repository")
    assert list((apart.root / "manifests").iterdir()) == []


@pytest.mark.parametrize("remote", [True, False])
def test_the_branch_of_the_sources_is_refused(remote: bool, apart: Platform) -> None:
    apart.replace("environments/local.yaml", "branch: manifests/local", "branch: main")
    if not remote:
        apart.git("switch", "--quiet", "--create", "topic")
        apart.git("remote", "remove", "origin")
    assert refused(apart, "local").message == (
        "the manifests of local can't be on main: that is the branch of the sources"
    )


def test_a_branch_with_something_else_is_refused(apart: Platform, tmp_path: Path) -> None:
    apart.git("push", "--quiet", str(tmp_path / "remotes" / "north.git"), "main")
    assert refused(apart, "north").message == (
        f"the branch main of {tmp_path}/remotes/north.git has files that `inv hydrate` did not write, such as charts"
    )
    assert not (apart.root / "manifests" / "north").exists()


def test_a_clone_of_something_else_is_refused(published: Platform) -> None:
    git(published.tree, "switch", "--quiet", "--create", "other")
    assert refused(published, "local").message == (
        "manifests/local is on the branch other, but its environment names manifests/local"
    )
    git(published.tree, "switch", "--quiet", "manifests/local")
    git(published.tree, "remote", "set-url", "origin", "https://example.org/other.git")
    assert refused(published, "local").message.startswith(
        "manifests/local is a clone of https://example.org/other.git, but its environment names "
    )
    with pytest.raises(PenstockError, match=r"manifests/local is a clone of https://example.org/other\.git"):
        report.review(published.layout)
    git(published.tree, "remote", "set-url", "origin", published.git("config", "remote.origin.url"))
    bring(published, "local")
    (published.tree / ".git" / "HEAD").unlink()
    assert refused(published, "local").message == "manifests/local/.git is no repository that git can read"


def test_a_clone_that_no_environment_names_is_refused(published: Platform) -> None:
    published.replace("environments/local.yaml", "manifests: {branch: manifests/local}\n", "")
    assert refused(published, "local").message == (
        "manifests/local is a repository of its own, but its environment names no branch for it"
    )
    assert (published.tree / ".git").is_dir()
    shutil.rmtree(published.tree / ".git")
    bring(published, "local")
    assert "path: ./manifests/local/greeting\n" in published.text("flux-system/kustomization-greeting.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("manifests: {branch: 'a b'}", "`a b` is not a valid branch name, see git-check-ref-format(1)"),
        ("manifests: {branch: -x}", "`-x` is not a valid branch name, see git-check-ref-format(1)"),
        ("manifests: {branch: a..b}", "`a..b` is not a valid branch name, see git-check-ref-format(1)"),
        ("manifests: {branch: a.lock}", "`a.lock` is not a valid branch name, see git-check-ref-format(1)"),
        ("manifests: {repository: --upload-pack=x}", "`--upload-pack=x` is not a repository address"),
        ("manifests: {repo: x}", "unknown key `repo`"),
    ],
)
def test_settings_that_git_would_not_take(text: str, message: str, apart: Platform) -> None:
    apart.replace("environments/local.yaml", "manifests: {branch: manifests/local}", text)
    error = refused(apart, "local")
    assert error.message.startswith("environments/local.yaml:4:")
    assert f": {message} (in manifests)" in error.message


def test_a_password_in_an_address_is_refused(apart: Platform) -> None:
    apart.replace("environments/local.yaml", "branch: ", "repository: 'https://me:secret@example.org/x', branch: ")
    error = refused(apart, "local")
    assert error.message == "environments: the address of local's manifests has a password in it"


def test_two_environments_on_one_branch_are_refused(apart: Platform) -> None:
    north = (apart.root / "environments" / "north.yaml").read_text()
    apart.write("environments/north.yaml", north.partition("manifests:")[0])
    assert refused(apart, "north").message == (
        "the manifests of local and north are on the same branch: manifests/local"
    )
    with pytest.raises(Findings, match="on the same branch"), contextlib.chdir(apart.root):
        hydrate_check(Selection(), fast=True, as_json=False)


def test_the_branch_is_the_environments_name_by_default(apart: Platform, tmp_path: Path) -> None:
    """So an abstract environment can name the repository of all that extend it."""
    apart.replace("environments/north.yaml", "  branch: main\n", "")
    apart.replace("environments/local.yaml", "manifests: {branch: manifests/local}\n", "")
    bring(apart, "north")
    publish(apart, "north")
    assert git(tmp_path / "remotes" / "north.git", "branch", "--list") == "north"


def test_the_repository_of_the_user_is_only_read(published: Platform, tmp_path: Path) -> None:
    around = bystanders(published, tmp_path / "around")
    with around.untouched():
        done = around.worktree.run("hydrate", "-e", "*", env=around.environment)
        assert done.returncode == 0, done.stderr
        for verb in ("hydrate-check", "review", "diff"):
            assert around.worktree.run(verb, env=around.environment).returncode == 0
    assert git(around.worktree.tree, "symbolic-ref", "--short", "HEAD") == "manifests/local"
