"""Git repositories of our own: snapshots, mirrors and throw-away copies.

They may lie inside of the user's checkout. So each is addressed by `--git-dir`: where it is damaged or gone git fails,
and doesn't find the user's repository in a folder above. And each has our configuration alone: nothing of the user's or
the machine's decides what is in a commit, and none of their hooks, templates, filters or daemons is started.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from penstock.core.process import Command, CommandFailed, Result, run
from penstock.tools.git import program

Value = TypeVar("Value")
BRANCH = "main"
# Who commits: no user that a Git configuration knows.
IDENTITY = {
    "GIT_AUTHOR_NAME": "Penstock",
    "GIT_AUTHOR_EMAIL": "penstock@localhost",
    "GIT_COMMITTER_NAME": "Penstock",
    "GIT_COMMITTER_EMAIL": "penstock@localhost",
}
# What a repository's own file could still say, because a template or another program wrote it.
_PINNED = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "",
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.autocrlf": "false",
    "core.safecrlf": "false",
    "core.logAllRefUpdates": "false",
    "commit.gpgSign": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}


@dataclass(frozen=True)
class Repository:
    """A repository of ours: where it is, and the working tree that its files are taken from.

    `facts` are configuration that the working tree's file system decides, such as core.fileMode.
    """

    folder: Path
    work_tree: Path | None = None
    facts: Mapping[str, str] | None = None

    def git(
        self,
        *argv: str | Path,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        ok: tuple[int, ...] = (0,),
    ) -> Result:
        """Run git on it; CommandFailed when it fails, also because there is no such repository."""
        where = [f"--git-dir={self.folder}"] + ([f"--work-tree={self.work_tree}"] if self.work_tree else [])
        pinned = [
            word for key, value in (_PINNED | dict(self.facts or {})).items() for word in ("-c", f"{key}={value}")
        ]
        own = {**environment(self.folder), **(env or {})}
        cwd = self.work_tree or self.folder.parent
        return run(Command([program(), *where, *pinned, *argv], cwd=cwd, env=own, stdin=stdin, ok=ok))

    def make(self, bare: bool = True, objects: str = "sha1") -> None:
        """Make it, or restore what it lacks; the rest is kept. `objects` is how they are named."""
        place = self.folder if bare else self.folder.parent
        place.mkdir(parents=True, exist_ok=True)
        options = ["--quiet", "--template=", f"--initial-branch={BRANCH}", f"--object-format={objects}"]
        argv: list[str | Path] = [program(), "init", *options, *(["--bare"] if bare else []), place]
        run(Command(argv, cwd=place, env=environment(self.folder)))


def environment(folder: Path) -> dict[str, str]:
    """The variables for git that keep all configuration but a repository's own away."""
    return {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        # git 2.31 and older don't know GIT_CONFIG_GLOBAL, and look for .gitconfig here.
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "LC_ALL": "C",
    }


def rebuilt(folder: Path, make: Callable[[], Value]) -> Value:
    """What `make` gives; once more without the repository in `folder`, where that is damaged."""
    try:
        return make()
    except CommandFailed:
        if not folder.exists():
            raise
        shutil.rmtree(folder)
        return make()
