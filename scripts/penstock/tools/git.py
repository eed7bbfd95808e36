"""Adapter for git."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, Result, run


def git(
    folder: Path,
    *words: str | Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    ok: tuple[int, ...] = (0,),
) -> Result:
    """Run git in a folder; PenstockError when git is missing."""
    found = shutil.which("git")
    if not found:
        raise PenstockError("git is not on PATH", "install git (2.30 or newer): Flux syncs from a Git source")
    return run(Command([found, "-C", folder, *words], env=env or {}, stdin=stdin, ok=ok))


def head(folder: Path) -> str:
    """The commit that is checked out; PenstockError when the folder is no repository or has no commit."""
    result = git(folder, "rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1, 128))
    if result.code == 128:
        raise PenstockError(f"{folder} is not a Git repository", "run `git init`, then commit the platform")
    if result.code == 1:
        raise PenstockError("HEAD has no commit yet", "commit once: git add . && git commit -m 'Start'")
    return result.text.strip()
