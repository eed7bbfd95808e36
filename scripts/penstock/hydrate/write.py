"""Write a complete new tree next to the old one, then exchange them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from penstock.core import console
from penstock.core.files import create, exchange, recover, sha256, writing
from penstock.hydrate.tree import is_repository
from penstock.platform.layout import LOCK_NAME, Layout, cache_home


@contextmanager
def exclusive(layout: Layout) -> Iterator[None]:
    """Lock the platform's manifests; a second hydrate reports that it waits."""
    folder = cache_home() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{sha256(os.fsencode(layout.root))[:16]}.hydrate")
    if not _taken(lock):
        console.info("another hydrate is at work on this platform; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def recover_trees(layout: Layout, environments: Collection[str]) -> None:
    """Clean up after a killed hydrate: delete unfinished trees, and restore those that were moved aside."""
    if not layout.manifests.is_dir():
        return
    for name in environments:
        recover(layout.tree(name))
    # The folder is read once for all: a fleet has as many trees in it as environments.
    for left in layout.manifests.glob(".*.new-*"):
        if left.name[1:].rpartition(".new-")[0] in environments:
            shutil.rmtree(left, ignore_errors=True)


def write(
    layout: Layout, environment: str, files: dict[str, bytes | None], lock: bytes, written: dict[bytes, str]
) -> None:
    """Replace the environment's tree by exactly these files and this lock.

    `files` maps paths in the tree to their bytes, or to None to keep the old file. On any failure nothing changes.
    `written` has a file with these bytes in another environment's tree, and is updated: equal files are hard links.
    """
    tree = layout.tree(environment)
    with writing(tree):
        layout.manifests.mkdir(exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=layout.manifests, prefix=f".{environment}.new-"))
        # Makes the modes independent of the user's umask; chmod per file would double the time.
        umask = os.umask(0o022)
        try:
            new.chmod(0o755)
            _fill(new, tree, files, written)
            create(f"{new}/{LOCK_NAME}", lock)
            if is_repository(tree):
                _replace_each(new, tree)
            else:
                exchange(new, tree)
            written.update({data: f"{tree}/{path}" for path, data in files.items() if data and data not in written})
        finally:
            os.umask(umask)
            shutil.rmtree(new, ignore_errors=True)


def _replace_each(new: Path, tree: Path) -> None:
    """Replace what is in a tree by what is in a new one, but for its repository and the files that belong to that.

    The lock comes last: if killed before, the next hydrate renders what is missing or isn't as the old lock says.
    """
    old = new / ".old"
    old.mkdir()
    made, present = ({entry.name for entry in os.scandir(place)} for place in (new, tree))
    for name in sorted(made | present, key=lambda name: (name == LOCK_NAME, name)):
        if not name.startswith("."):
            if name in present:
                (tree / name).rename(old / name)
            if name in made:
                (new / name).rename(tree / name)


def _fill(new: Path, old: Path, files: dict[str, bytes | None], written: dict[bytes, str]) -> None:
    made = set()
    # Sorted, so that files follow their folder, which halves the time on some file systems.
    for path in sorted(files):
        data, folder = files[path], path.rpartition("/")[0]
        if folder not in made:
            os.makedirs(f"{new}/{folder}", exist_ok=True)  # noqa: PTH103, for tens of thousands of folders
            made.add(folder)
        if data is None:
            _link(f"{old}/{path}", f"{new}/{path}")
        elif data in written:
            _link(written[data], f"{new}/{path}")
        else:
            create(f"{new}/{path}", data)


def _link(old: str, new: str) -> None:
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)  # no hard links on this file system, or too many to this file


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True
