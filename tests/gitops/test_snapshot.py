"""The working tree as a commit: what is in it, what stays untouched."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from git_support import Bystanders, bystanders, contents
from penstock.core.errors import PenstockError
from penstock.gitops import snapshot
from penstock.tools.repository import Repository
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


@pytest.fixture
def around(committed: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bystanders:
    """The platform in a linked worktree, as a hook or an alias of git finds it there."""
    made = bystanders(committed, tmp_path / "around")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


def bare(source: Path) -> Repository:
    return Repository(source)


def listed(source: Path, commit: str) -> list[str]:
    return bare(source).git("ls-tree", "-r", "-z", "--name-only", commit).text.rstrip("\0").split("\0")


def test_in_a_hook_neither_the_user_s_repository_nor_another_one_is_touched(around: Bystanders) -> None:
    source = around.worktree.root / ".penstock" / "local" / "git" / "platform.git"
    around.worktree.write(".gitignore", ".penstock\n")
    with around.untouched():
        taken = snapshot.take(around.worktree.layout, source)
        around.worktree.write("new.txt", "new\n")
        around.worktree.write("new.mine", "ignored by the user's own configuration\n")
        changed = snapshot.take(around.worktree.layout, source)
    assert taken.is_dirty
    assert bare(source).git("rev-parse", "refs/heads/main").text.strip() == changed.commit
    assert {"new.txt", ".gitignore"} <= set(listed(source, changed.commit))
    assert not {"new.mine", "file.txt"} & set(listed(source, changed.commit))


@pytest.mark.parametrize(
    "damage", ["HEAD", "config", "objects", "refs/heads/main", "index.lock", "refs/heads/main.lock"]
)
def test_a_damaged_source_is_made_again_and_the_user_s_is_not_taken_for_it(around: Bystanders, damage: str) -> None:
    source = around.worktree.root / ".penstock" / "local" / "git" / "platform.git"
    around.worktree.write("new.txt", "new\n")
    taken = snapshot.take(around.worktree.layout, source)
    place = source / damage
    if place.is_dir():
        shutil.rmtree(place)
    elif damage == "HEAD":
        place.unlink()
    else:  # a process that was killed leaves its lock
        place.write_text("damaged\n")
    with around.untouched():
        again = snapshot.take(around.worktree.layout, source)
    assert "new.txt" in listed(source, again.commit)
    assert bare(source).git("rev-parse", "refs/heads/main").text.strip() == again.commit
    bare(source).git("fsck", "--connectivity-only")
    assert again.commit == taken.commit or ".penstock" in " ".join(listed(source, again.commit))


def test_a_tree_in_the_middle_of_things(committed: Platform, tmp_path: Path) -> None:
    """What is staged, half staged, taken out of the index, or of another kind now: the working tree decides."""
    for name in ("staged", "both", "untracked", "folder/file", "file", "link", "gone"):
        committed.write(f"odd/{name}", "old\n")
    committed.commit("Odd")
    committed.write("odd/staged", "new\n")
    committed.write("odd/both", "staged\n")
    committed.write("odd/added", "new\n")
    committed.git("add", "odd")
    committed.write("odd/both", "new\n")
    (committed.root / "odd/added").unlink()
    committed.write(".gitignore", "untracked\n")
    committed.git("rm", "--quiet", "--cached", "odd/untracked")
    committed.git("rm", "--quiet", "odd/gone")
    shutil.rmtree(committed.root / "odd/folder")
    committed.write("odd/folder", "a file now\n")
    (committed.root / "odd/file").unlink()
    committed.write("odd/file/inside", "a folder now\n")
    (committed.root / "odd/link").unlink()
    (committed.root / "odd/link").symlink_to("both")
    Platform(committed.root / "odd/inner").write("x", "a repository inside\n")
    Platform(committed.root / "odd/inner").git("init", "--quiet")
    (committed.root / "odd/both").chmod(0o755)
    source = tmp_path / "source.git"
    before = contents(committed.root / ".git")
    taken = snapshot.take(committed.layout, source)
    assert contents(committed.root / ".git") == before
    odd = [name for name in listed(source, taken.commit) if name.startswith("odd/")]
    assert odd == ["odd/both", "odd/file/inside", "odd/folder", "odd/link", "odd/staged"]
    modes = bare(source).git("ls-tree", "-r", taken.commit, "odd/both", "odd/link").text.split("\n")
    assert [line[:6] for line in modes[:2]] == ["100755", "120000"]
    assert bare(source).git("cat-file", "blob", f"{taken.commit}:odd/both").text == "new\n"


def test_a_conflict_is_taken_as_it_stands(committed: Platform, tmp_path: Path) -> None:
    committed.write("a.txt", "one\n")
    committed.write("b.txt", "one\n")
    committed.commit("One")
    committed.git("checkout", "--quiet", "-b", "other", "HEAD~1")
    committed.write("a.txt", "two\n")
    committed.commit("Two")
    with pytest.raises(subprocess.CalledProcessError):
        committed.git("-c", "user.name=T", "-c", "user.email=t@example.org", "merge", "main")
    taken = snapshot.take(committed.layout, tmp_path / "source.git")
    assert "<<<<<<<" in bare(tmp_path / "source.git").git("cat-file", "blob", f"{taken.commit}:a.txt").text
    assert "b.txt" in listed(tmp_path / "source.git", taken.commit)


def test_what_a_sparse_checkout_leaves_out_is_not_removed(committed: Platform, tmp_path: Path) -> None:
    committed.git("sparse-checkout", "set", "components")
    assert not (committed.root / "charts").exists()
    assert not snapshot.take(committed.layout, tmp_path / "source.git").is_dirty
    committed.write("components/greeting/values.yaml.gotmpl", "text: bye\n")
    taken = snapshot.take(committed.layout, tmp_path / "source.git")
    names = bare(tmp_path / "source.git").git("diff-tree", "-r", "--name-only", "HEAD^", taken.commit).text.split()
    assert names == ["components/greeting/values.yaml.gotmpl"]


def test_the_line_ends_and_filters_of_the_user_s_own_checkout_are_no_change(
    committed: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed.git("config", "core.autocrlf", "true")
    committed.git("config", "core.fileMode", "false")
    (committed.root / "helmfile.yaml").unlink()
    committed.git("checkout", "--quiet", "helmfile.yaml")
    assert b"\r\n" in (committed.root / "helmfile.yaml").read_bytes()
    (committed.root / "helmfile.yaml").chmod(0o755)
    assert not snapshot.take(committed.layout, tmp_path / "source.git").is_dirty


@pytest.mark.parametrize("options", [["--depth=1"], ["--filter=blob:none", "--sparse"], ["--filter=tree:0"]])
def test_flux_can_fetch_from_a_clone_that_is_not_whole(committed: Platform, tmp_path: Path, options: list[str]) -> None:
    committed.write("new.txt", "new\n")
    committed.commit("Second")
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        committed.git("config", key, "true")
    clone = Platform(tmp_path / "clone")
    committed.git("clone", "--quiet", *options, f"file://{committed.root}", str(clone.root))
    clone.write("components/more.txt", "more\n")
    before = contents(clone.root / ".git")
    taken = snapshot.take(clone.layout, tmp_path / "source.git")
    assert contents(clone.root / ".git") == before
    # Flux's source-controller fetches the newest commit alone.
    clone.git("clone", "--quiet", "--depth=1", f"file://{tmp_path}/source.git", str(tmp_path / "fetched"))
    fetched = Platform(tmp_path / "fetched")
    assert fetched.git("rev-parse", "HEAD") == taken.commit
    assert fetched.files("charts") == committed.files("charts")
    assert fetched.files("components").keys() == {*committed.files("components"), "components/more.txt"}


@pytest.mark.parametrize("name", ["with blank", "with:colon", 'with "quotes"', "with\nbreak", "#hash", "ü", "[a]*"])
def test_any_path_of_the_checkout(committed: Platform, tmp_path: Path, name: str) -> None:
    moved = Platform(committed.root.rename(tmp_path / name))
    moved.write("new.txt", "new\n")
    taken = snapshot.take(moved.layout, tmp_path / "source.git")
    assert taken.is_dirty
    assert "new.txt" in listed(tmp_path / "source.git", taken.commit)
