"""List a platform's folders without leftovers, and read each folder and text only once."""

from __future__ import annotations

import os
import re
from pathlib import Path

from penstock.core.leftovers import is_leftover
from penstock.hydrate.index import Index
from penstock.platform.layout import Layout

# A word of a helmfile that may be a path, including its actions, except control actions.
_WORD = re.compile(r"(?:\{\{.*?\}\}|[^\s\"'\[\]{},])+")
# A line without words: a comment, or only actions.
_NO_WORD = re.compile(r"^[^\S\n]*(?:\{\{.*?\}\}[^\S\n]*)*(?:#.*)?$", re.MULTILINE)


class Listing:
    """The folders and texts of a platform; with an index, only those in the commit."""

    def __init__(self, layout: Layout, index: Index | None) -> None:
        self.layout = layout
        self._index = index
        self._names: dict[str, list[str]] = {}
        self._words: dict[str, list[str]] = {}

    def names(self, folder: Path) -> list[str]:
        """Return the sorted names in a folder, with a slash after folders; empty if it doesn't exist."""
        place = str(folder)
        if place not in self._names:
            self._names[place] = self._scan(place)
        return self._names[place]

    def folders(self, folder: Path) -> list[Path]:
        """Return the visible folders in a folder."""
        return [folder / name for name in self.names(folder) if name.endswith("/") and not name.startswith(".")]

    def holds(self, path: Path) -> bool:
        """Whether a file or folder exists and is in the commit."""
        return path.exists() and (self._index is None or self._index.holds(path))

    def words(self, path: Path) -> list[str]:
        """Return the words of a text that may be paths, without comments."""
        place = str(path)
        if place not in self._words:
            self._words[place] = _WORD.findall(_NO_WORD.sub("", path.read_text(errors="replace")))
        return self._words[place]

    def shown(self, path: Path) -> str:
        """Return a path for messages, relative to the platform's root."""
        return self.layout.relative(path)

    def _scan(self, place: str) -> list[str]:
        try:
            with os.scandir(place) as entries:
                found = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries)
        except (FileNotFoundError, NotADirectoryError):
            return []
        index = self._index
        return [name for name in found if not is_leftover(name) and (index is None or index.holds(f"{place}/{name}"))]
