"""The programs of mise.toml."""

from __future__ import annotations

import tomllib

from penstock.platform.layout import ENGINE
from penstock.tools.pins import PROGRAMS, Program

TOOLS: dict[str, str] = tomllib.loads((ENGINE / "mise.toml").read_text())["tools"]
# What comes from PATH alone, and what runs Penstock itself.
_NOT_BUILT = {"flux2", "go", "k3d", "python"}


def _program(name: str) -> Program:
    """The program that a tool of mise is; `aqua:owner/repository` is the first one of that repository.

    `aqua:owner/repository/program` is one of several.
    """
    if not name.startswith("aqua:") or name.count("/") > 1:
        return PROGRAMS[name.rpartition("/")[2]]
    repository = f"github.com/{name.removeprefix('aqua:')}/"
    return next(each for each in PROGRAMS.values() if each.package.startswith(repository))


# The name in mise.toml -> the program that is built here.
BUILT = {name: _program(name) for name in TOOLS.keys() - _NOT_BUILT}
