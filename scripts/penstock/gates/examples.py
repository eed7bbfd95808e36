"""A failing example of each rule, from the tests: an edit of a platform, or a change of its manifests."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from penstock.core.files import walk
from penstock.core.model import Strict, convert
from penstock.core.yaml import parse
from penstock.platform.layout import ENGINE

# Test data: edits of a hydrated platform, and a platform for each refusal of hydration.
FOLDER, PLATFORMS = "tests/gates", "tests/platforms"
# A pair of manifests for each risk of a review.
PAIRS = "tests/review/pairs"
_CONTEXT = 2
_REFUSED = re.compile(r"^error: (.*) \[(hydrate/[\w-]+)\]$", re.MULTILINE)
FILES = [f"{FOLDER}/broken-{name}.yaml" for name in ("files", "references", "configurations", "dataflow", "policies")]


class Example(Strict, frozen=True):
    """An edit that replaces the first `old` in `file` by `new`, and the only findings of the gate, `says`.

    An empty `old` creates the file. `rule` is set if the example illustrates that rule. Of a `pair`, `old` and `new`
    are whole: their diff has only the lines around the change.
    """

    mistake: str
    file: str
    new: str
    says: list[str]
    old: str = ""
    rule: str = ""
    pair: bool = False

    @property
    def diff(self) -> str:
        """The edit as a diff below a comment with the file's name."""
        if self.pair:
            both = self.old.splitlines(), self.new.splitlines()
            lines = list(difflib.unified_diff(*both, n=_CONTEXT, lineterm=""))[2:]
            return "\n".join([f"# {self.file}", *(line for line in lines if not line.startswith("@@"))])
        removed = [f"-{line}" for line in self.old.splitlines()]
        return "\n".join([f"# {self.file}", *removed, *(f"+{line}" for line in self.new.splitlines())])


def read(path: Path) -> list[Example]:
    """The examples in a file; raises PenstockError if it has unknown keys."""
    return convert(parse(path.read_bytes(), path), list[Example], path)


def examples(root: Path = ENGINE) -> dict[str, Example]:
    """Rule id -> example; empty without the tests, as in a wheel."""
    every = [each for file in FILES if (root / file).is_file() for each in read(root / file)]
    return {each.rule: each for each in (*_refused(root / PLATFORMS), *every, *_pairs(root / PAIRS)) if each.rule}


def _pairs(folder: Path) -> Iterator[Example]:
    """The failing pairs of the risks, with what the rule reports."""
    for says in sorted(folder.glob("*/says.txt")):
        name = says.parent.name
        texts = ["".join(path.read_text() for path in _files(says.parent / end)) for end in ("base", "head")]
        yield Example(
            mistake=name,
            file="the manifests",
            old=texts[0],
            new=texts[1],
            says=says.read_text().splitlines(),
            rule=f"review/{name}",
            pair=True,
        )


def _files(end: Path) -> list[Path]:
    """The files of a pair's end; those of the platform last."""
    return [*sorted(end.glob("fails*.yaml")), *sorted((end / "fails").glob("*.[ly]*"))]


def _refused(folder: Path) -> Iterator[Example]:
    """The platforms that hydration refuses for a mistake in one file, with the expected output in message.txt.

    A second file may be helmfile.yaml, which lists an environment more.
    """
    for message in sorted(folder.glob("*/message.txt"), reverse=True):
        every = [path for path in walk(message.parent) if path != message]
        files = [path for path in every if path.name != "helmfile.yaml"] or every
        said = _REFUSED.findall(message.read_text())
        if len(files) == 1 and said:
            name = files[0].relative_to(message.parent).as_posix()
            lines, ids = zip(*said, strict=True)
            yield Example(
                mistake=message.parent.name, file=name, new=files[0].read_text(), says=list(lines), rule=ids[0]
            )
