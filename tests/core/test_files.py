"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from penstock.core import files
from penstock.core.errors import PenstockError


def folder(place: Path, text: str) -> Path:
    place.mkdir()
    (place / "file").write_text(text)
    return place


def test_a_file_is_replaced_whole_whatever_the_umask(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("old")
    mask = os.umask(0o077)
    try:
        files.write_atomically(place, b"new")
    finally:
        os.umask(mask)
    assert place.read_text() == "new"
    assert stat.S_IMODE(place.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [place]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "file"
    place.write_text("old")

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="full"):
        files.write_atomically(place, b"new")
    assert place.read_text() == "old"
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("in_one_step", [True, False])
def test_exchange(in_one_step: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not in_one_step:
        monkeypatch.setattr(files, "_exchanged", lambda *_: False)
    old, new = folder(tmp_path / "tree", "old"), folder(tmp_path / "new", "new")
    files.exchange(new, old)
    assert (old / "file").read_text() == "new"
    assert list(tmp_path.iterdir()) == [old]


def test_exchange_where_there_was_nothing(tmp_path: Path) -> None:
    files.exchange(folder(tmp_path / "new", "new"), tmp_path / "tree")
    assert (tmp_path / "tree" / "file").read_text() == "new"
    assert list(tmp_path.iterdir()) == [tmp_path / "tree"]


def test_a_system_without_the_call_is_told_from_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = folder(tmp_path / "one", "1"), folder(tmp_path / "other", "2")
    monkeypatch.setattr("sys.platform", "plan9")
    assert not files._exchanged(one, other)
    monkeypatch.undo()
    with pytest.raises(FileNotFoundError):
        files._exchanged(tmp_path / "missing", other)


def test_recover_brings_back_a_tree_that_was_moved_aside(tmp_path: Path) -> None:
    folder(tmp_path / ".tree.old", "old")
    files.recover(tmp_path / "tree")
    assert (tmp_path / "tree" / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [tmp_path / "tree"]


def test_recover_clears_what_a_finished_exchange_left(tmp_path: Path) -> None:
    folder(tmp_path / ".tree.old", "old")
    folder(tmp_path / "tree", "new")
    files.recover(tmp_path / "tree")
    assert (tmp_path / "tree" / "file").read_text() == "new"
    assert list(tmp_path.iterdir()) == [tmp_path / "tree"]
    files.recover(tmp_path / "tree")


def test_walk_is_sorted_follows_no_links_and_leaves_out_repositories(tmp_path: Path) -> None:
    for name in ("b", "a/z", "a/b", "a/.git/HEAD", "c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to(tmp_path)
    found = [path.relative_to(tmp_path).as_posix() for path in files.walk(tmp_path)]
    assert found == ["a/b", "a/z", "b", "c", "link"]


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "tree: the disk is full"), (errno.EACCES, "/a/file: no permission to write")],
)
def test_refusals_are_explained(number: int, said: str) -> None:
    with pytest.raises(PenstockError, match=said) as caught, files.writing(Path("tree")):
        raise OSError(number, os.strerror(number), "/a/file")
    assert "nothing was changed" in caught.value.message
    with pytest.raises(OSError, match="I/O"), files.writing(Path("tree")):
        raise OSError(errno.EIO, "I/O", "/a/file")


def test_digests() -> None:
    """The example of FIPS 180-2, appendix B.1."""
    assert files.sha256(b"abc").startswith("ba7816bf8f01cfea")
