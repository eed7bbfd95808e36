"""What programs leave behind, and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.core.files import copy_sources, holds_leftovers, walk
from penstock.core.leftovers import is_leftover

LEFT = [
    *(
        "values.yaml~",
        "x.un~",
        "#values.yaml#",
        ".#values.yaml",
        ".values.yaml.swp",
        ".x.swo",
        ".swp",
        "values.yaml.swp",
    ),
    *("values.yaml___jb_tmp___", "values.yaml___jb_old___", ".~lock.values.ods#", "~$values.xlsx"),
    *(".DS_Store", "._values.yaml", "._.DS_Store", "Thumbs.db", "ehthumbs.db", "desktop.ini", "Desktop.ini"),
    *(".directory", ".goutputstream-X1Y2Z3", ".nfs000000000123abcd00000001", ".fuse_hidden0000000100000001"),
]
INPUTS = [
    *("values.yaml", ".helmignore", ".env", ".gitkeep", ".sops.yaml", "_helpers.tpl", "#values.yaml", "a#b", "swp"),
    *("values.yaml.orig", "values.yaml.rej", "values.yaml.bak", "values.yaml.tmp", "thumbs.yaml", "nginx.swap"),
]


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left_behind(name: str) -> None:
    assert is_leftover(name)


@pytest.mark.parametrize("name", INPUTS)
def test_what_is_an_input(name: str) -> None:
    assert not is_leftover(name)


def test_a_copy_of_sources_has_no_leftovers_and_its_links_stay_inside(tmp_path: Path) -> None:
    folder, copy = tmp_path / "folder", tmp_path / "elsewhere" / "copy"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "a.yaml").write_text("a")
    (folder / "config" / "a.yaml~").write_text("left")
    (folder / ".#a.yaml").symlink_to("somebody@somewhere:1")
    (folder / "relative").symlink_to("config/a.yaml")
    (folder / "absolute").symlink_to(folder / "config" / "a.yaml")
    assert holds_leftovers(folder)
    copy_sources(folder, copy)
    assert sorted(path.name for path in walk(copy)) == ["a.yaml", "absolute", "relative"]
    assert not holds_leftovers(copy)
    assert {(copy / name).resolve() for name in ("relative", "absolute")} == {(copy / "config" / "a.yaml").resolve()}
