"""Digests, atomic writes of files, and the atomic exchange of two directories."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.leftovers import is_leftover

_AT_FDCWD = {"linux": -100, "darwin": -2}
# Linux's file system in memory, where creating files is many times faster than on a disk.
_MEMORY, _ROOM = Path("/dev/shm"), 1 << 30  # noqa: S108, in a unique subfolder
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")
_NAME = attrgetter("name")
_RENAME_EXCHANGE = 2  # the same number as macOS's RENAME_SWAP


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def is_conflict(data: bytes) -> bool:
    """Whether a file contains Git's conflict markers."""
    return re.search(rb"^(?:<<<<<<<|>>>>>>>) ", data, re.MULTILINE) is not None


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader sees either the old or the new bytes, whatever the umask."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def entries(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Yield every file below a folder except leftovers and Git's own, sorted by name; doesn't follow links."""
    found: list[os.DirEntry[str]] = []
    _collect(folder, found)
    yield from found


def _collect(folder: Path | str, found: list[os.DirEntry[str]]) -> None:
    # Into one list: a generator for each folder would take twice as long for a fleet.
    with os.scandir(folder) as inside:
        ordered = sorted(inside, key=_NAME)
    for entry in ordered:
        if entry.is_dir(follow_symlinks=False):
            if entry.name != ".git":
                _collect(entry.path, found)
        elif not is_leftover(entry.name):
            found.append(entry)


def walk(folder: Path) -> Iterator[Path]:
    """Yield the paths of `entries`."""
    return (Path(entry.path) for entry in entries(folder))


def content(path: Path | str) -> bytes:
    """Return a file's bytes, twice as fast as Path.read_bytes; it matters for thousands of small files."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123, a Path costs as much as the read
        return file.read()


def holds_leftovers(folder: Path) -> bool:
    """Whether any file below a folder is a leftover; doesn't follow links."""
    with os.scandir(folder) as entries:
        return any(
            holds_leftovers(Path(entry.path)) if entry.is_dir(follow_symlinks=False) else is_leftover(entry.name)
            for entry in entries
        )


def create(path: str, data: bytes) -> None:
    """Create a file with the mode that the umask allows; raises FileExistsError if it exists."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def copy_sources(source: Path, target: Path, *excluding: Path) -> None:
    """Copy a folder without leftovers and without the files `excluding`; copied links resolve to the same target."""
    target.mkdir(parents=True, exist_ok=True)
    start, left_out, made = len(str(source)), set(map(str, excluding)), {str(target)}
    for entry in entries(str(source)):
        if entry.path in left_out:
            continue
        copy = f"{target}{entry.path[start:]}"
        folder = copy.rpartition("/")[0]
        if folder not in made:
            Path(folder).mkdir(parents=True, exist_ok=True)
            made.add(folder)
        if entry.is_symlink():
            Path(copy).symlink_to(_relative(Path(entry.path)))
        else:
            create(copy, content(entry.path))


def _relative(link: Path) -> str:
    """Return the target of a link, relative to the link's folder."""
    aim = link.readlink()
    return os.path.relpath(aim.resolve(), link.parent.resolve()) if aim.is_absolute() else str(aim)


@contextmanager
def plain_folder(prefix: str) -> Iterator[Path]:
    """Create a temporary folder whose path has no special character of globs, templates or YAML.

    It is in memory if there is room, unless TMPDIR is set. Raises PenstockError if no such place is writable.
    """
    places = [Path(tempfile.gettempdir()).resolve(), Path("/tmp"), Path("/var/tmp")]  # noqa: S108, in a unique subfolder
    memory = in_memory()
    if memory and not os.environ.get("TMPDIR"):
        places.insert(0, memory)
    plain = [place for place in places if _PLAIN.fullmatch(str(place)) and os.access(place, os.W_OK)]
    if not plain:
        raise PenstockError(
            f"{places[0]} is no place for temporary files: helmfile takes a character of it for a pattern",
            "set TMPDIR to a folder whose path has only letters, digits, `-`, `_`, `.` and `/`",
        )
    with tempfile.TemporaryDirectory(prefix=prefix, dir=plain[0]) as folder:
        yield Path(folder).resolve()


def in_memory(room: int = _ROOM) -> Path | None:
    """Return a folder for temporary files in memory; None if there is none with so many bytes of room."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= room else None


def exchange(new: Path, old: Path) -> None:
    """Replace the directory `old` by `new` in one step, and remove the former.

    If killed, `old` is either one or the other. If the kernel or the file system can't exchange two directories,
    `old` is first moved aside; `recover` then completes an interrupted exchange.
    """
    if not old.exists():
        new.rename(old)
        return
    if not _exchanged(new, old):
        aside = old.with_name(f".{old.name}.old")
        old.rename(aside)
        new.rename(old)
        new = aside
    shutil.rmtree(new, ignore_errors=True)  # the exchange is done; `recover` clears any rest


def recover(path: Path) -> None:
    """Restore a directory after an interrupted exchange."""
    aside = path.with_name(f".{path.name}.old")
    if aside.is_dir():
        if path.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(path)


def _exchanged(one: Path, other: Path) -> bool:
    import ctypes  # here: the import takes several milliseconds, and the fast check doesn't need it

    libc = ctypes.CDLL(None, use_errno=True)
    call = getattr(libc, "renameat2" if sys.platform == "linux" else "renameatx_np", None)
    here = _AT_FDCWD.get(sys.platform)
    if call is None or here is None:
        return False
    if call(here, os.fsencode(one), here, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(other))


@contextmanager
def writing(what: Path) -> Iterator[None]:
    """Turn a refusal of the file system (no permission, no space, read-only) into a PenstockError of one line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PenstockError(
                f"{what}: the disk is full; nothing was changed", "free some space and run it again"
            ) from None
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise PenstockError(
                f"{error.filename or what}: no permission to write; nothing was changed",
                "make it writable for you (chown or chmod) and run it again",
            ) from None
        raise
