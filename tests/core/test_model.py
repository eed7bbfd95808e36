"""YAML into models: what is wrong, where, and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.core.errors import PenstockError
from penstock.core.model import Strict, convert, load


class Inner(Strict, frozen=True):
    size: int = 0
    colour: str = "red"


class Outer(Strict, frozen=True):
    name: str
    inner: Inner = Inner()
    named: dict[str, Inner] = {}
    listed: list[Inner] = []


def refused(text: str, tmp_path: Path) -> tuple[str, str]:
    path = tmp_path / "file.yaml"
    path.write_text(text)
    with pytest.raises(PenstockError) as caught:
        load(path, Outer, "file.yaml")
    return caught.value.message, caught.value.hint


def test_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text("name: x\ninner: {size: 2}\nnamed: {a: {colour: blue}}\n")
    assert load(tmp_path / "file.yaml", Outer) == Outer(
        name="x", inner=Inner(size=2), named={"a": Inner(colour="blue")}
    )


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("name: x\nnmae: y\n", "file.yaml:2:1: unknown key `nmae`", "did you mean `name`?"),
        ("name: x\ninner:\n  colur: y\n", "file.yaml:3:3: unknown key `colur` (in inner)", "did you mean `colour`?"),
        (
            "name: x\nnamed:\n  a: {size: 1}\n  b: {szie: 1}\n",
            "file.yaml:4:7: unknown key `szie` (in named[...])",
            "did you mean `size`?",
        ),
        # `size` is a right key elsewhere, and so no answer.
        ("name: x\nsize: 1\n", "file.yaml:2:1: unknown key `size`", "the keys are colour, inner, listed, name, named"),
        (
            "name: x\nlisted:\n  - size: 1\n  - size: big\n",
            "file.yaml:4:5: Expected `int`, got `str` (in listed[1].size)",
            "docs/reference/files.md has the keys and their types",
        ),
        ("inner: {}\n", "file.yaml: the key `name` is missing", "docs/reference/files.md has the keys and their types"),
        (
            "name: x\nzzz: 1\n",
            "file.yaml:2:1: unknown key `zzz`",
            "the keys are colour, inner, listed, name, named, size",
        ),
    ],
)
def test_a_wrong_key_or_type_is_pointed_at(text: str, message: str, hint: str, tmp_path: Path) -> None:
    assert refused(text, tmp_path) == (message, hint)


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_file_has_no_keys(text: str, tmp_path: Path) -> None:
    assert refused(text, tmp_path)[0] == "file.yaml: the key `name` is missing"


def test_a_file_that_is_a_list(tmp_path: Path) -> None:
    assert refused("- a\n", tmp_path)[0] == "file.yaml: Expected `object`, got `array`"


def test_of_several_files_the_one_with_the_fault_is_named() -> None:
    texts = {"base.yaml": b"inner:\n  szie: 1\n", "over.yaml": b"name: x\n"}
    with pytest.raises(PenstockError, match=r"^base.yaml:2:3: unknown key `szie` \(in inner\)$"):
        convert({"name": "x", "inner": {"szie": 1}}, Outer, "over.yaml", texts)
