"""Find a pinned program: in the cache, on PATH or from mise in exactly the pinned version, or built once.

The cache is `$XDG_CACHE_HOME/penstock/tools/<name>/<version>-<key>/`; the key covers go.mod, go.sum and the linker's
flags. A receipt next to the program contains its digest; a program that differs from it is rebuilt.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.files import file_sha256, sha256, write_atomically
from penstock.core.model import decode
from penstock.core.process import Command, run
from penstock.platform.layout import cache_home
from penstock.tools import builds, golang, mise
from penstock.tools.pins import PROGRAMS, Program

_by_name: ContextVar[bool] = ContextVar("by_name", default=False)


class Receipt(msgspec.Struct, frozen=True):
    """The record of a build: `size` in bytes, `mtime` in ns, `seconds` of build time."""

    sha256: str
    size: int
    mtime: int
    seconds: float


@dataclass(frozen=True)
class Found:
    """A program that is there, and where it came from."""

    program: Program
    path: Path
    origin: Literal["cache", "PATH", "mise"]


def resolve(name: str) -> Path:
    """Return the path of a pinned program; builds it if it is neither in the cache nor on PATH nor from mise."""
    return Path(name) if is_by_name() else _resolved(PROGRAMS[name])


@contextmanager
def by_name() -> Iterator[None]:
    """Resolve programs to their bare names during the block, for commands that are only shown."""
    token = _by_name.set(True)
    try:
        yield
    finally:
        _by_name.reset(token)


def is_by_name() -> bool:
    """Whether commands are only shown."""
    return _by_name.get()


def ensure(names: list[str]) -> None:
    """Build the missing ones of these programs, with progress; says beforehand how long several take at most."""
    missing = [name for name in dict.fromkeys(names) if find(name) is None]
    if len(missing) > 1:
        took = console.seconds(builds.seconds(missing))
        console.info(f"  building {len(missing)} programs from source, at most {took}: {', '.join(missing)}")
    for name in names:
        resolve(name)


def find(name: str) -> Found | None:
    """Return a program without building it; None if it would have to be built."""
    program = PROGRAMS[name]
    cached = _cached(program)
    if cached:
        return Found(program, cached, "cache")
    on_path = shutil.which(name)
    if on_path and _is_pinned(program, on_path):
        return Found(program, Path(on_path), "PATH")
    from_mise = mise.installed(name)
    if from_mise and _is_pinned(program, from_mise):
        return Found(program, Path(from_mise), "mise")
    return None


def verify(name: str) -> bool:
    """Whether a cached program matches the digest in its receipt; reads the whole file."""
    path = _place(PROGRAMS[name]) / name
    receipt = _receipt(path)
    return receipt is not None and path.is_file() and file_sha256(path) == receipt.sha256


def prune() -> list[Path]:
    """Remove programs of other versions from the cache; returns the removed folders."""
    kept = {_place(program) for program in PROGRAMS.values()}
    # Hidden folders are builds in progress.
    folders = [path for path in (cache_home() / "tools").glob("*/[!.]*") if path.is_dir()]
    gone = sorted(path for path in folders if path not in kept)
    for path in gone:
        shutil.rmtree(path)
    return gone


@cache
def _resolved(program: Program) -> Path:
    found = find(program.name)
    return found.path if found else _built(program)


def _place(program: Program) -> Path:
    # uname distinguishes machines that share a home directory.
    key = sha256(f"{program.source_digest} {platform.system()} {platform.machine()}".encode())[:8]
    return cache_home() / "tools" / program.name / f"{program.version}-{key}"


def _receipt(path: Path) -> Receipt | None:
    try:
        return decode(path.with_suffix(".json").read_bytes(), Receipt)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _cached(program: Program) -> Path | None:
    path = _place(program) / program.name
    receipt = _receipt(path)
    if receipt is None or not path.is_file():
        return None
    status = path.stat()
    if (status.st_size, status.st_mtime_ns) == (receipt.size, receipt.mtime):
        return path
    # Touched since the build: compare its digest.
    return path if file_sha256(path) == receipt.sha256 else None


def _is_pinned(program: Program, path: str) -> bool:
    """Whether an existing program says that it is this one, in the pinned version."""
    if not program.ask:
        return False
    try:
        result = run(Command([path, *program.ask], timeout=20, ok=tuple(range(256))))
    except PenstockError:
        return False  # it doesn't start, so it can't be the pinned program
    text = (result.stdout + result.stderr).decode(errors="replace")
    versions = re.findall(r"v?\d+\.\d+\.\d+\S*", text)
    expected = program.version.lstrip("v")
    is_version = any(word.lstrip("v").split("+")[0].rstrip(",;") == expected for word in versions)
    return is_version and program.says in text


def _built(program: Program) -> Path:
    from filelock import FileLock  # a top-level import would cost the fast check more than all others

    place = _place(program)
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(place.with_name(place.name + ".lock")):
        cached = _cached(program)  # another process may have built it meanwhile
        if cached:
            return cached
        _forget_unfinished(place)
        with (
            console.step(f"building {program.name} {program.version}") as step,
            tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as scratch,
        ):
            _build_into(Path(scratch) / "whole", program, step)
            if place.exists():
                shutil.rmtree(place)
            (Path(scratch) / "whole").rename(place)
    return place / program.name


def _build_into(folder: Path, program: Program, step: console.Step) -> None:
    folder.mkdir()
    target = folder / program.name
    progress = builds.Progress(program.name)

    def count(_: str) -> None:
        text = progress.count()
        if text:
            step.note(text)

    start = time.monotonic()
    golang.build(program.package, program.home, target, program.ldflags, program.tags, count)
    if not os.access(target, os.X_OK):
        raise PenstockError(f"{program.name}: the build made no program", f"is {program.package} a main package?")
    status = target.stat()
    receipt = Receipt(file_sha256(target), status.st_size, status.st_mtime_ns, round(time.monotonic() - start, 1))
    write_atomically(target.with_suffix(".json"), msgspec.json.encode(receipt))


def _forget_unfinished(place: Path) -> None:
    for left in place.parent.glob(f".{place.name}.*"):
        shutil.rmtree(left, ignore_errors=True)
