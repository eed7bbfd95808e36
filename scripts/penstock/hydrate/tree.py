"""The tree of an environment: as it is computed, and as it lies on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass

from penstock.core.files import content, entries, sha256
from penstock.core.layout import Layout
from penstock.hydrate.index import Index
from penstock.hydrate.lock import Lock


@dataclass(frozen=True)
class Tree:
    """What an environment's tree shall hold, and what it held.

    `files` maps paths to bytes, or to None where the old file stays. `old` maps the paths of the files on disk to
    their SHA-256, as read at the start of the run.
    """

    environment: str
    files: dict[str, bytes | None]
    lock: Lock
    rendered: list[str]
    old: dict[str, str]


def on_disk(layout: Layout, environment: str, index: Index | None = None) -> dict[str, str]:
    """The SHA-256 of every file of a tree, by its path in the tree; a symbolic link is no file of ours, so has none.

    With the index, only the files that a commit holds.
    """
    folder = layout.tree(environment)
    if not folder.is_dir():
        return {}
    start = len(str(folder)) + 1
    return {
        entry.path[start:]: _digest(entry, index)
        for entry in entries(str(folder))
        if index is None or index.holds(entry.path)
    }


def _digest(entry: os.DirEntry[str], index: Index | None) -> str:
    if entry.is_symlink():
        return ""
    read = content(entry.path)
    if index and b"\r\n" in read:
        index.crlf.add(entry.path)
    return sha256(read)
