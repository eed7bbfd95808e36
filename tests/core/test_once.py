"""What a run reads once, and reads again outside of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.core import once


@once.once
def text_of(path: Path) -> str:
    return path.read_text()


def test_a_run_keeps_what_it_has_read(tmp_path: Path) -> None:
    (path := tmp_path / "a").write_text("old")
    with once.run():
        assert text_of(path) == "old"
        path.write_text("new")
        assert text_of(path) == "old"
    assert text_of(path) == "new"


def test_the_next_run_reads_again(tmp_path: Path) -> None:
    (path := tmp_path / "a").write_text("old")
    with once.run():
        text_of(path)
    path.write_text("new")
    with once.run():
        assert text_of(path) == "new"


def test_an_error_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with once.run():
        with pytest.raises(FileNotFoundError):
            text_of(path)
        path.write_text("late")
        assert text_of(path) == "late"
