"""Repositories of our own: nothing of the user's has a say in them, and without them git finds no other one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from git_support import Bystanders, bystanders
from penstock.core.process import CommandFailed
from penstock.tools.repository import IDENTITY, Repository, rebuilt
from support import Platform


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bystanders:
    """The user's repository, in whose worktree ours lie, and an environment that points at another one."""
    user = Platform(tmp_path / "user")
    user.write("a.txt", "a\n")
    user.git("init", "--quiet", "--initial-branch=main")
    user.commit("Start")
    made = bystanders(user, tmp_path / "around")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


def committed(place: Repository) -> str:
    """A commit of all that is in its working tree, by what the engine uses."""
    place.git("add", "--all", "--force", ".")
    tree = place.git("write-tree").text.strip()
    dates = {"GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z"}
    commit = place.git("commit-tree", tree, "-m", "All", env=IDENTITY | dates).text.strip()
    place.git("update-ref", "refs/heads/main", commit)
    return commit


def test_a_commit_depends_on_its_files_alone(
    around: Bystanders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "crlf.yaml").write_bytes(b"a: 1\r\n")
    (files / "ignored.mine").write_text("x")
    (files / ".gitattributes").write_text("* filter=loud\n")
    with around.untouched():
        here = Repository(around.worktree.root / ".penstock" / "here.git", files)
        here.make()
        first = committed(here)
    for name in around.environment:
        monkeypatch.delenv(name)
    there = Repository(tmp_path / "there.git", files)
    there.make()
    assert committed(there) == first
    assert there.git("cat-file", "blob", "main:crlf.yaml").stdout == b"a: 1\r\n"
    assert there.git("symbolic-ref", "HEAD").text == here.git("symbolic-ref", "HEAD").text == "refs/heads/main\n"


def test_a_copy_with_a_working_tree(around: Bystanders) -> None:
    root = around.worktree.root / ".penstock" / "copy"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "file").write_text("x")
    place = Repository(root / ".git", root)
    with around.untouched():
        place.make(bare=False)
        place.git("add", "--all", ".")
        place.git("commit", "--quiet", "-m", "All", env=IDENTITY)
        place.git("commit", "--quiet", "--allow-empty", "-m", "Again", env=IDENTITY)
    assert place.git("ls-files").text == "sub/file\n"


def remove(path: Path) -> None:
    path.unlink() if path.is_file() else shutil.rmtree(path)


@pytest.mark.parametrize("damage", ["HEAD", "refs", "objects", "."])
def test_a_damaged_one_is_not_taken_for_the_user_s(around: Bystanders, damage: str) -> None:
    place = Repository(around.worktree.root / ".penstock" / "ours.git", around.worktree.root)
    place.make()
    remove(place.folder / damage)
    with around.untouched():
        for argv in (["add", "--all", "."], ["write-tree"], ["update-ref", "refs/heads/main", "HEAD"], ["rev-parse"]):
            with pytest.raises(CommandFailed, match="not a git repository: "):
                place.git(*argv)


def test_what_a_template_left_in_it_is_not_followed(around: Bystanders, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "a").write_text("a")
    place = Repository(tmp_path / "old.git", files)
    place.make()
    (place.folder / "config").write_text(around.configuration.read_text())
    shutil.copytree(around.configuration.parent / "hooks", place.folder / "hooks")
    with around.untouched():
        committed(place)


def test_a_damaged_one_is_made_again_once(tmp_path: Path) -> None:
    place = Repository(tmp_path / "ours.git")
    seen: list[bool] = []

    def make() -> str:
        seen.append(place.folder.exists())
        place.make()
        return place.git("rev-parse", "--is-bare-repository").text

    place.make()
    (place.folder / "config").write_text("no section\n")
    assert rebuilt(place.folder, make) == "true\n"
    assert seen == [True, False]
    with pytest.raises(CommandFailed):
        rebuilt(place.folder, lambda: place.git("rev-parse", "nowhere").text)
    with pytest.raises(CommandFailed):
        rebuilt(tmp_path / "none.git", lambda: place.git("rev-parse").text)
