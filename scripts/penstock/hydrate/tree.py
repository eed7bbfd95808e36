"""The tree of an environment, as computed and as found on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from penstock.core.files import content, entries, sha256
from penstock.hydrate.index import Index
from penstock.hydrate.lock import Lock
from penstock.hydrate.seen import Seen
from penstock.platform.layout import Layout


@dataclass(frozen=True)
class Tree:
    """The new content of an environment's tree, and the old one.

    `files` maps paths to bytes, or to None if the old file is kept. `old` maps the paths of the files on disk to their
    SHA-256, read at the start of the run.
    """

    environment: str
    files: dict[str, bytes | None]
    lock: Lock
    rendered: list[str]
    old: dict[str, str]


def on_disk(layout: Layout, environment: str, seen: Seen, index: Index | None = None) -> dict[str, str]:
    """Return the SHA-256 of every file of a tree by its path; empty for a symbolic link, which Penstock never writes.

    With an index, only the files in the commit are included. At the root of a repository, the names that begin with a
    dot are its own: .git, .gitattributes, .github.
    """
    folder = layout.tree(environment)
    if not folder.is_dir():
        return {}
    hidden = f"{folder}{os.sep}." if is_repository(folder) else "\0"
    start, device = len(str(folder)) + 1, folder.stat().st_dev
    return {
        entry.path[start:]: seen.links.get((device, entry.inode())) or _digest(entry, index, seen, device)
        for entry in entries(str(folder))
        if (index is None or index.holds(entry.path)) and not entry.path.startswith(hidden)
    }


def is_repository(folder: Path) -> bool:
    """Whether a tree has a repository of its own; a linked worktree has a file there."""
    return os.path.lexists(f"{folder}/.git")


def _digest(entry: os.DirEntry[str], index: Index | None, seen: Seen, device: int) -> str:
    if entry.is_symlink():
        return ""
    read = content(entry.path)
    digest = sha256(read)
    if index and b"\r\n" in read:
        index.crlf.add(entry.path)
    else:
        seen.links[device, entry.inode()] = digest
    return digest
