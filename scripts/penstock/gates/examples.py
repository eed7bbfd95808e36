"""A failing example of each rule, from the tests: an edit of a hydrated platform, and what the gate reports then."""

from __future__ import annotations

from pathlib import Path

from penstock.core.layout import ENGINE
from penstock.core.model import Strict, convert
from penstock.core.yaml import parse

# The tests that list broken platforms.
FOLDER = "tests/gates"
FILES = [f"{FOLDER}/broken-{name}.yaml" for name in ("files", "references", "configurations", "dataflow", "policies")]


class Example(Strict, frozen=True):
    """An edit that replaces the first `old` in `file` by `new`, and the only findings of the gate, `says`.

    An empty `old` creates the file. `rule` is set if the example illustrates that rule.
    """

    mistake: str
    file: str
    new: str
    says: list[str]
    old: str = ""
    rule: str = ""

    @property
    def diff(self) -> str:
        """The edit as a diff below a comment with the file's name."""
        removed = [f"-{line}" for line in self.old.splitlines()]
        return "\n".join([f"# {self.file}", *removed, *(f"+{line}" for line in self.new.splitlines())])


def read(path: Path) -> list[Example]:
    """The examples in a file; raises PenstockError if it has unknown keys."""
    return convert(parse(path.read_bytes(), path), list[Example], path)


def examples(root: Path = ENGINE) -> dict[str, Example]:
    """Rule id -> example; empty without the tests, as in a wheel."""
    every = [each for file in FILES if (root / file).is_file() for each in read(root / file)]
    return {each.rule: each for each in every if each.rule}
