"""Git repositories for synthetic platforms."""

from __future__ import annotations

from pathlib import Path

from penstock.core.process import Command, run
from penstock.tools.git import program

_AUTHOR = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")


def git(folder: Path, *arguments: str) -> Command:
    """Return a command of Git in a folder."""
    return Command([program(), "-C", folder, *arguments], cwd=folder)


def commit_all(folder: Path) -> None:
    """Make a folder a repository, and commit all of its files to the branch main."""
    run(git(folder, "init", "--quiet", "--initial-branch=main"))
    run(git(folder, "add", "--all"))
    run(git(folder, *_AUTHOR, "commit", "--quiet", "--message=Base"))
