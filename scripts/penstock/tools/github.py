"""Adapter for gh, GitHub's command line, which has the credentials."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.model import decode
from penstock.core.process import Command, run


class _Run(msgspec.Struct, frozen=True):
    name: str
    conclusion: str | None = None


def conclusions(folder: Path, commit: str) -> dict[str, str]:
    """Return the conclusion of each check of a commit, empty while it runs; raises PenstockError without gh.

    Of several runs of a check GitHub gives the latest
    (https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference).
    """
    program = shutil.which("gh")
    if not program:
        raise PenstockError("gh is not on PATH", "install GitHub's CLI, or take `checks` out of promotion.yaml")
    path = f"repos/{{owner}}/{{repo}}/commits/{commit}/check-runs?per_page=100"
    argv = [program, "api", "--paginate", path, "--jq", ".check_runs[] | {name, conclusion}"]
    listed = run(Command(argv, cwd=folder, timeout=120)).text.splitlines()
    return {one.name: one.conclusion or "" for one in (decode(line, _Run) for line in listed if line)}
