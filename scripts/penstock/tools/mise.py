"""Adapter for mise, which installs prebuilt programs at the versions of mise.toml: https://mise.jdx.dev."""

from __future__ import annotations

import os
import shutil
import tomllib
from functools import cache
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, run
from penstock.platform.layout import ENGINE
from penstock.tools.pins import PROGRAMS

_FILE = "mise.toml"
_PATIENCE_SECONDS = 20.0


def which(name: str) -> str | None:
    """Return the path of a program on PATH, else of one that `mise install` brought; None if there is neither."""
    return shutil.which(name) or installed(name)


def installed(name: str) -> str | None:
    """Return the path of a program that mise installed for mise.toml, whether or not mise is active in this shell."""
    mise = shutil.which("mise")
    folders = _folders(mise) if mise else ""
    return shutil.which(name, path=folders) if folders else None


@cache
def _folders(mise: str) -> str:
    """Return the folders with the programs, as on PATH; empty if mise refuses, such as without `mise trust`."""
    if not (ENGINE / _FILE).is_file():
        return ""
    try:
        found = run(Command([mise, "--cd", ENGINE, "bin-paths"], timeout=_PATIENCE_SECONDS)).text
    except PenstockError:
        return ""
    return os.pathsep.join(line for line in found.splitlines() if Path(line).is_absolute())


def carries(name: str) -> bool:
    """Whether `mise install` brings a pinned program, by mise.toml."""
    tools = tomllib.loads((ENGINE / _FILE).read_text())["tools"] if (ENGINE / _FILE).is_file() else {}
    # aqua:prometheus/alertmanager has the program amtool, and tools/alertmanager its pin.
    brought = {tool.rpartition("/")[2] for tool in tools}
    return name in brought or PROGRAMS[name].folder in brought
