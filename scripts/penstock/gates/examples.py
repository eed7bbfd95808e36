"""A failing example of each rule, from the tests: an edit of a hydrated platform, and what the gate then reports."""

from __future__ import annotations

from pathlib import Path

from penstock.core.layout import ENGINE
from penstock.core.model import Strict, convert
from penstock.core.yaml import parse

# The tests that list broken platforms.
FOLDER = "tests/gates"
FILES = [f"{FOLDER}/broken-{name}.yaml" for name in ("files", "references", "configurations", "dataflow", "policies")]


class Example(Strict, frozen=True):
    """In `file` the first `old` becomes `new`, and the gate has to report `says`, which is all it finds.

    The file is a new one where `old` is empty. `rule` is set where the example explains the rule.
    """

    mistake: str
    file: str
    new: str
    says: list[str]
    old: str = ""
    rule: str = ""

    @property
    def diff(self) -> str:
        """The edit as lines of a diff, below the name of the file."""
        removed = [f"-{line}" for line in self.old.splitlines()]
        return "\n".join([f"# {self.file}", *removed, *(f"+{line}" for line in self.new.splitlines())])


def read(path: Path) -> list[Example]:
    """The examples that a file lists."""
    return convert(parse(path.read_bytes(), path), list[Example], path)


def examples(root: Path = ENGINE) -> dict[str, Example]:
    """Rule id -> example; empty where there are no tests, as in a wheel."""
    found = [each for file in FILES if (root / file).is_file() for each in read(root / file)]
    return {each.rule: each for each in found if each.rule}
