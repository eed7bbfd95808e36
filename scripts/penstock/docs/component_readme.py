"""components/<name>/README.md: facts about a component that its manifests don't contain.

The first sentence is its purpose. docs/reference/components.md includes the sections `Data`, `Needs` and `Privileges`,
a table with a reason for each privilege that the component's pods have beyond a restricted pod.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError

NAME = "README.md"


@dataclass(frozen=True)
class Readme:
    """A parsed README. `summary` is one sentence; `privileges` has the table's rows: workload, privileges, reason."""

    summary: str
    data: str
    needs: str
    privileges: list[tuple[str, list[str], str]]


def read(folder: Path) -> Readme:
    """Read the README of a component; raises PenstockError if it is missing or doesn't start with a sentence."""
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
