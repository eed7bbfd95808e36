"""Read labels of objects from their files, only if a webhook selects by labels: the lock doesn't contain them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.yaml import parse

Labels = Mapping[str, str]
# Returns the labels of the object in a unit's file; None if unknown.
ReadLabels = Callable[[str, str], Labels | None]


def unknown(_unit: str, _file: str) -> Labels | None:
    """Return None: no labels are known."""
    return None


def reader(tree: Path, texts: Mapping[str, Mapping[str, bytes]]) -> ReadLabels:
    """Return a reader for labels in rendered texts, by unit and file, and otherwise in the tree on disk."""

    def read(unit: str, file: str) -> Labels | None:
        path = tree / unit / file
        try:
            text = texts[unit][file] if unit in texts else path.read_bytes()
            labels: Labels | None = parse(text, path)["metadata"].get("labels")
        except (OSError, PenstockError, TypeError, KeyError, AttributeError):
            return None  # missing or edited, which other checks report
        return labels or {}

    return read
