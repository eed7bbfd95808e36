"""components/<name>/README.md: what the manifests can't tell of a component.

A sentence says what it is for. docs/reference/components.md repeats the sections `Data`, `Needs` and `Privileges`, a
table with a reason for everything that the component's pods may do beyond a restricted pod.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError

NAME = "README.md"


@dataclass(frozen=True)
class Readme:
    """`summary` is one sentence; `privileges` has the rows of the table: workload, what it may, why."""

    summary: str
    data: str
    needs: str
    privileges: list[tuple[str, list[str], str]]


def read(folder: Path) -> Readme:
    """The page in a component's folder; PenstockError where there is none, or it doesn't start with a sentence."""
    path = folder / NAME
    shown = f"components/{folder.name}/{NAME}"
    if not path.is_file():
        raise PenstockError(f"{shown} is missing", "docs/how-to/add-a-component.md shows what it says")
    head, *sections = path.read_text().split("\n## ")
    title, _, rest = head.partition("\n\n")
    summary = " ".join(rest.partition("\n\n")[0].split())
    if title != f"# {folder.name}" or not summary.endswith("."):
        wrong = f"{shown} doesn't start with `# {folder.name}`, an empty line, and a sentence"
        raise PenstockError(wrong, "say what the component is for")
    texts = dict(section.partition("\n")[::2] for section in sections)
    data, needs = (_line(texts.get(title, "")) for title in ("Data", "Needs"))
    return Readme(summary, data, needs, _rows(texts.get("Privileges", "")))


def _line(text: str) -> str:
    return " ".join(text.split())


def _rows(text: str) -> list[tuple[str, list[str], str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    return [(row[0].strip("`"), row[1].replace("`", "").split(", "), row[2]) for row in cells if len(row) == 3]
