"""Adapter for git."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, Result, run


def git(
    folder: Path,
    *words: str | Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    ok: tuple[int, ...] = (0,),
    timeout: float = 600,
) -> Result:
    """Run git in a folder; PenstockError when git is missing."""
    found = shutil.which("git")
    if not found:
        raise PenstockError("git is not on PATH", "install git (2.30 or newer): Flux syncs from a Git source")
    return run(Command([found, "-C", folder, *words], env=env or {}, stdin=stdin, ok=ok, timeout=timeout))


def head(folder: Path) -> str:
    """The commit that is checked out; PenstockError when the folder is no repository or has no commit."""
    result = git(folder, "rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1, 128))
    if result.code == 128:
        raise PenstockError(f"{folder} is not a Git repository", "run `git init`, then commit the platform")
    if result.code == 1:
        raise PenstockError("HEAD has no commit yet", "commit once: git add . && git commit -m 'Start'")
    return result.text.strip()


def commit(folder: Path, revision: str) -> str:
    """The commit that a revision (a branch, a tag, HEAD~2) names; PenstockError when it names none."""
    head(folder)
    words = ["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"]
    found = git(folder, *words, ok=(0, 1, 128)).text.strip()
    if not found:
        raise PenstockError(f"unknown revision `{revision}`", "give a commit, a branch or a tag; `git log` shows them")
    return found


def files(folder: Path, revision: str, path: str) -> dict[str, bytes]:
    """The files below a path in a commit, by their path from `folder`; neither links nor submodules."""
    listed = git(folder, "ls-tree", "-r", "-z", revision, "--", f"{path}/").stdout.split(b"\0")
    entries = [line.partition(b"\t") for line in listed if line.startswith(b"100")]
    names = {os.fsdecode(name): about.split()[2] for about, _, name in entries}
    if not names:
        return {}
    stream = git(folder, "cat-file", "--batch", stdin=b"".join(blob + b"\n" for blob in names.values())).stdout
    return dict(zip(names, _blobs(stream), strict=True))


def _blobs(stream: bytes) -> Iterator[bytes]:
    """The contents in what `cat-file --batch` writes: a line `<id> blob <size>`, the bytes, a line break."""
    start = 0
    while start < len(stream):
        end = stream.index(b"\n", start)
        size = int(stream[start:end].split()[2])
        yield stream[end + 1 : end + 1 + size]
        start = end + 1 + size + 1
