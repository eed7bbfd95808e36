"""The working tree as a commit: what is in it, what stays untouched."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.core.errors import PenstockError
from penstock.gitops import snapshot
from support import Platform, copy_platform


@pytest.fixture
def committed(tmp_path: Path) -> Platform:
    made = copy_platform("", tmp_path / "committed")
    made.commit("Start")
    return made


def test_a_clean_tree_is_head_itself(committed: Platform, tmp_path: Path) -> None:
    taken = snapshot.take(committed.layout, tmp_path / "source.git")
    assert taken == snapshot.Snapshot(committed.git("rev-parse", "HEAD"), is_dirty=False)


def test_uncommitted_changes_are_on_top_of_head_and_the_repository_is_only_read(
    committed: Platform, tmp_path: Path
) -> None:
    committed.write("components/greeting/values.yaml.gotmpl", "text: bye\n")
    committed.write("new.txt", "new\n")
    (committed.root / "components" / "spaces" / "kustomize" / "base" / "town.yaml").unlink()
    before = (committed.git("status", "--porcelain"), committed.files(".git"))
    source = tmp_path / "source.git"
    taken = snapshot.take(committed.layout, source)
    assert taken.is_dirty
    bare = Platform(source)
    assert bare.git("show", f"{taken.commit}:components/greeting/values.yaml.gotmpl") == "text: bye"
    assert bare.git("show", f"{taken.commit}:new.txt") == "new"
    assert "base/town.yaml" not in bare.git("ls-tree", "-r", "--name-only", taken.commit)
    assert bare.git("rev-parse", f"{taken.commit}^") == committed.git("rev-parse", "HEAD")
    assert (committed.git("status", "--porcelain"), committed.files(".git")) == before


def test_the_same_tree_gives_the_same_commit(committed: Platform, tmp_path: Path) -> None:
    committed.write("new.txt", "new\n")
    first = snapshot.take(committed.layout, tmp_path / "source.git")
    assert snapshot.take(committed.layout, tmp_path / "source.git") == first
    assert snapshot.take(committed.layout, tmp_path / "other.git") == first


def test_ignored_files_are_left_out(committed: Platform, tmp_path: Path) -> None:
    committed.write(".gitignore", "secret.txt\n")
    committed.write("secret.txt", "secret\n")
    taken = snapshot.take(committed.layout, tmp_path / "source.git")
    assert "secret.txt" not in Platform(tmp_path / "source.git").git("ls-tree", "-r", "--name-only", taken.commit)


def test_a_repository_without_a_commit_and_a_folder_without_a_repository_say_what_to_do(tmp_path: Path) -> None:
    unborn = copy_platform("", tmp_path / "unborn")
    with pytest.raises(PenstockError, match="HEAD has no commit yet") as refused:
        snapshot.take(unborn.layout, tmp_path / "source.git")
    assert "git commit" in refused.value.hint
    with pytest.raises(PenstockError, match="is not a Git repository"):
        snapshot.take(Platform(tmp_path).layout, tmp_path / "source.git")
