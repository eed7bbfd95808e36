"""The labels of objects, read from their files only where a webhook selects by them: the lock doesn't have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.yaml import parse

Labels = Mapping[str, str]
# The labels of the object in a file of a unit; None where they can't be known.
ReadLabels = Callable[[str, str], Labels | None]


def unknown(_unit: str, _file: str) -> Labels | None:
    """No label is known."""
    return None


def reader(tree: Path, texts: Mapping[str, Mapping[str, bytes]]) -> ReadLabels:
    """Reads the labels from the texts of what was rendered, by unit and file, and all others from the tree on disk."""

    def read(unit: str, file: str) -> Labels | None:
        path = tree / unit / file
        try:
            text = texts[unit][file] if unit in texts else path.read_bytes()
            labels: Labels | None = parse(text, path)["metadata"].get("labels")
        except (OSError, PenstockError, TypeError, KeyError, AttributeError):
            return None  # it is missing or was edited, which other checks report
        return labels or {}

    return read
