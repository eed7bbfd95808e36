"""Git repositories that Penstock owns: snapshots, mirrors and throw-away copies.

They may be inside the user's checkout. So git gets `--git-dir`: if the repository is damaged or missing, git fails
instead of using the user's repository in a parent folder. Each uses only Penstock's configuration: no setting of the
user or machine affects the commits, and none of their hooks, templates, filters or daemons is run.
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
# An author and committer that isn't from any Git configuration.
IDENTITY = {
    "GIT_AUTHOR_NAME": "Penstock",
    "GIT_AUTHOR_EMAIL": "penstock@localhost",
    "GIT_COMMITTER_NAME": "Penstock",
    "GIT_COMMITTER_EMAIL": "penstock@localhost",
}
# With a fixed date, a commit's hash depends only on its files and its parents.
DATED = {**IDENTITY, "GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z"}
# Overrides settings that a template or another program may have written to the repository's config.
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
    """A repository that Penstock owns: its folder, and the working tree for its files.

    `facts` are settings that depend on the working tree's file system, such as core.fileMode.
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
        """Run git on it; raises CommandFailed if that fails, also if the repository doesn't exist."""
        where = [f"--git-dir={self.folder}"] + ([f"--work-tree={self.work_tree}"] if self.work_tree else [])
        pinned = [
            word for key, value in (_PINNED | dict(self.facts or {})).items() for word in ("-c", f"{key}={value}")
        ]
        own = {**environment(self.folder), **(env or {})}
        cwd = self.work_tree or self.folder.parent
        return run(Command([program(), *where, *pinned, *argv], cwd=cwd, env=own, stdin=stdin, ok=ok))

    def make(self, bare: bool = True, objects: str = "sha1") -> None:
        """Create it, or restore missing parts and keep the rest. `objects` is the hash format of object names."""
        place = self.folder if bare else self.folder.parent
        place.mkdir(parents=True, exist_ok=True)
        options = ["--quiet", "--template=", f"--initial-branch={BRANCH}", f"--object-format={objects}"]
        argv: list[str | Path] = [program(), "init", *options, *(["--bare"] if bare else []), place]
        run(Command(argv, cwd=place, env=environment(self.folder)))


def environment(folder: Path) -> dict[str, str]:
    """Return variables that make git ignore all configuration except the repository's."""
    return {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        # git 2.31 and older ignore GIT_CONFIG_GLOBAL and read .gitconfig from here.
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "LC_ALL": "C",
    }


def rebuilt(folder: Path, make: Callable[[], Value]) -> Value:
    """Return the result of `make`; if that fails, delete the repository in `folder` and try again."""
    try:
        return make()
    except CommandFailed:
        if not folder.exists():
            raise
        shutil.rmtree(folder)
        return make()
