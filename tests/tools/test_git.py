"""The user's repository: what is read of it, what is said where there is none, and that nothing is written to it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from git_support import Bystanders, bystanders, contents
from penstock.core.errors import PenstockError
from penstock.core.process import CommandFailed
from penstock.tools import git as adapter
from penstock.tools.git import changed, fetching, files, git, head, quoted
from penstock.tools.revisions import commit
from support import Platform


@pytest.fixture
def repository(tmp_path: Path) -> Platform:
    """One with two commits, of which the second changes a file."""
    made = Platform(tmp_path / "repository")
    made.write("manifests/a.yaml", "a: 1\n")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("First")
    made.write("manifests/a.yaml", "a: 2\n")
    made.write("manifests/b.yaml", "b: 1\n")
    made.commit("Second")
    return made


def refused(folder: Path, revision: str = "HEAD") -> tuple[str, str]:
    with pytest.raises(PenstockError) as caught:
        commit(folder, revision)
    assert "\n" not in caught.value.message
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize("word", ["add", "commit", "update-ref", "gc", "checkout", "fetch", "diff", "show"])
def test_what_could_write_is_never_started(repository: Platform, word: str) -> None:
    with pytest.raises(ValueError, match=f"git {word} could write"):
        git(repository.root, word)


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message, hint = refused(tmp_path)
    assert message == f"{tmp_path} is not a Git repository"
    assert hint == "run `git init`, then commit the platform"
    monkeypatch.setenv("GIT_DIR", "/somewhere")
    assert refused(tmp_path)[1].endswith("; $GIT_DIR is not followed")


def test_no_commit(tmp_path: Path) -> None:
    Platform(tmp_path).git("init", "--quiet")
    assert refused(tmp_path)[0] == "HEAD has no commit yet"


def test_a_bare_repository(repository: Platform, tmp_path: Path) -> None:
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    message, hint = refused(tmp_path / "bare")
    assert message == f"{tmp_path / 'bare'}: its Git repository is bare: it has no working tree"
    assert "git worktree add" in hint
    repository.git("config", "core.bare", "true")
    assert "is bare" in refused(repository.root)[0]


def test_a_repository_of_another_user(repository: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    # git's own switch for its tests, since only root can give files away.
    monkeypatch.setitem(adapter._ENVIRONMENT, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    message, hint = refused(repository.root)
    assert message == f"git refuses {repository.root}: it belongs to another user"
    assert hint == f"git config --global --add safe.directory {repository.root}"


def test_a_worktree_whose_repository_is_gone(repository: Platform, tmp_path: Path) -> None:
    repository.git("worktree", "add", "--quiet", str(tmp_path / "worktree"))
    shutil.rmtree(repository.root)
    gone = repository.root / ".git" / "worktrees" / "worktree"
    assert refused(tmp_path / "worktree")[0] == f"{tmp_path / 'worktree'}: its .git points to {gone}, which is gone"


def test_a_repository_that_lost_its_commit_is_not_called_empty(repository: Platform) -> None:
    repository.write(".git/refs/heads/main", f"{'1' * 40}\n")
    assert refused(repository.root)[0] == f"{repository.root}: its Git repository lacks the commit of HEAD"


@pytest.mark.parametrize("revision", ["HEAD~9", "nowhere", "--all", "-x", "HEAD:manifests"])
def test_an_unknown_revision(repository: Platform, revision: str) -> None:
    message, hint = refused(repository.root, revision)
    assert message == f"unknown revision `{revision}`"
    assert "git log" in hint


@pytest.mark.parametrize(("revision", "meant"), [("HAED", "HEAD"), ("relaese/2", "release/2")])
def test_a_misspelled_revision(repository: Platform, revision: str, meant: str) -> None:
    repository.git("branch", "release/2")
    assert refused(repository.root, revision)[1] == f"did you mean `{meant}`?"


@pytest.mark.parametrize("revision", ["HEAD~1", "elsewhere"])
def test_an_unknown_revision_of_a_shallow_clone(repository: Platform, tmp_path: Path, revision: str) -> None:
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.root}", str(tmp_path / "shallow"))
    message, hint = refused(tmp_path / "shallow", revision)
    assert message == f"unknown revision `{revision}`: this is a shallow clone, without its older commits"
    assert "git fetch --unshallow" in hint
    assert head(tmp_path / "shallow") == repository.git("rev-parse", "HEAD")


@pytest.fixture
def partial(repository: Platform, tmp_path: Path) -> Platform:
    """A clone without the blobs that aren't checked out."""
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        repository.git("config", key, "true")
    url = f"file://{repository.root}"
    repository.git("clone", "--quiet", "--filter=blob:none", url, str(tmp_path / "partial"))
    return Platform(tmp_path / "partial")


def test_what_a_partial_clone_lacks_is_fetched_and_not_into_it(partial: Platform) -> None:
    before = contents(partial.root)
    assert files(partial.root, "HEAD~1", "manifests") == {"manifests/a.yaml": b"a: 1\n"}
    assert contents(partial.root) == before


def test_a_partial_clone_whose_remote_is_gone(partial: Platform, repository: Platform) -> None:
    first = partial.git("rev-parse", "HEAD~1")
    shutil.rmtree(repository.root)
    assert files(partial.root, "HEAD", "manifests").keys() == {"manifests/a.yaml", "manifests/b.yaml"}
    with pytest.raises(PenstockError, match="this is a partial clone without all files of ") as caught:
        files(partial.root, first, "manifests")
    assert caught.value.hint == f"once the remote answers: git diff --stat {first[:12]} -- manifests"


def test_a_whole_clone_needs_no_store(repository: Platform) -> None:
    with fetching(repository.root) as env:
        assert env == {}


def test_what_differs_from_head(repository: Platform) -> None:
    repository.write(".gitignore", "ignored\n")
    repository.write("ignored", "")
    repository.write("manifests/a.yaml", "a: 3\n")
    repository.write("manifests/new/with a blank.yaml", "")
    repository.git("rm", "--quiet", "--cached", "manifests/b.yaml")
    assert changed(repository.root) == {
        ".gitignore": "??",
        "manifests/a.yaml": " M",
        "manifests/b.yaml": "??",
        "manifests/new/with a blank.yaml": "??",
    }
    assert changed(repository.root, "manifests").keys() == changed(repository.root).keys() - {".gitignore"}
    assert changed(repository.root / "manifests").keys() == changed(repository.root, "manifests").keys()


@pytest.fixture
def guarded(repository: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bystanders:
    """The repository under a hostile environment and configuration."""
    repository.write(".gitattributes", "*.yaml filter=loud diff=loud\n")
    repository.commit("Attributes")
    made = bystanders(repository, tmp_path / "around")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


def test_whatever_the_environment_says_the_folder_decides(guarded: Bystanders) -> None:
    place = guarded.worktree.root
    # As old as the index: git has to look into it to know whether it is the same.
    for file in ("manifests/a.yaml", "manifests/b.yaml"):
        os.utime(place / file)
    with guarded.untouched():
        for folder in (place, place / "manifests"):
            assert git(folder, "rev-parse", "--show-toplevel").text.strip() == str(place)
        revision = commit(place, "HEAD~2")
        assert files(place, revision, "manifests") == {"manifests/a.yaml": b"a: 1\n"}
        assert changed(place) == {}
        (place / "manifests" / "a.yaml").write_text("a: 9\n")
        assert changed(place) == {"manifests/a.yaml": " M"}


@pytest.mark.parametrize(
    "path", ["plain", "with blank", 'with "quotes"', "with:colon", "with\nbreak", "with\\back", "ü"]
)
def test_a_list_of_stores_takes_any_path(path: str, repository: Platform, tmp_path: Path) -> None:
    place = tmp_path / path
    repository.root.rename(place)
    empty = tmp_path / "empty"
    empty.mkdir()
    env = {"GIT_OBJECT_DIRECTORY": str(empty), "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(place / ".git" / "objects")}
    assert git(place, "cat-file", "blob", "HEAD:manifests/b.yaml", env=env).stdout == b"b: 1\n"


def test_a_failure_is_git_s_own(repository: Platform) -> None:
    with pytest.raises(CommandFailed, match="path 'nowhere' does not exist in 'HEAD'"):
        git(repository.root, "cat-file", "blob", "HEAD:nowhere")
