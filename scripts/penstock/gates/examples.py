"""A failing example of each rule, from the tests: an edit of a platform, and its findings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from penstock.core.files import walk
from penstock.core.model import Strict, convert
from penstock.core.yaml import parse
from penstock.platform.layout import ENGINE

# Test data: edits of a hydrated platform, and a platform for each refusal of hydration.
FOLDER, PLATFORMS = "tests/gates", "tests/platforms"
_REFUSED = re.compile(r"^error: (.*) \[(hydrate/[\w-]+)\]$", re.MULTILINE)
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
    return {each.rule: each for each in (*_refused(root / PLATFORMS), *every) if each.rule}


def _refused(folder: Path) -> Iterator[Example]:
    """The platforms that hydration refuses for a mistake in one file, with the expected output in message.txt."""
    for message in sorted(folder.glob("*/message.txt"), reverse=True):
        files = [path for path in walk(message.parent) if path != message]
        said = _REFUSED.findall(message.read_text())
        if len(files) == 1 and said:
            name = files[0].relative_to(message.parent).as_posix()
            lines, ids = zip(*said, strict=True)
            yield Example(
                mistake=message.parent.name, file=name, new=files[0].read_text(), says=list(lines), rule=ids[0]
            )
