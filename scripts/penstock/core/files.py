"""Files that are whole or not there: digests, atomic writes, and the exchange of two directories."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.core.errors import PenstockError

_AT_FDCWD = {"linux": -100, "darwin": -2}
_RENAME_EXCHANGE = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS share the number


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, whatever the umask."""
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


def walk(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in an order that doesn't depend on the file system; links are not followed."""
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path))
        else:
            yield Path(entry.path)


def exchange(new: Path, old: Path) -> None:
    """Put the directory `new` where `old` is in one step, and remove what was there.

    Killed at any moment, `old` is either the one or the other. Where the kernel or the file system can't exchange
    two directories, `old` is moved aside first; `recover` then completes what a kill in between left undone.
    """
    if not old.exists():
        new.rename(old)
        return
    if not _exchanged(new, old):
        aside = old.with_name(f".{old.name}.old")
        old.rename(aside)
        new.rename(old)
        new = aside
    shutil.rmtree(new, ignore_errors=True)  # the exchange is done; `recover` clears what would be left


def recover(path: Path) -> None:
    """Bring back a directory whose exchange was killed half-way."""
    aside = path.with_name(f".{path.name}.old")
    if aside.is_dir():
        if path.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(path)


def _exchanged(one: Path, other: Path) -> bool:
    import ctypes  # here, since it costs the fast check several milliseconds and is not for it

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
    """Turn the file system's refusals into one line: no permission, no space, read-only."""
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
