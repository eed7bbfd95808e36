"""Adapters for Cilium's programs, which list the flags that are also the keys of cilium-config.

The operator can't be built; its flags are in the command reference in Cilium's module.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.process import Command, run
from penstock.tools.modules import Module
from penstock.tools.pins import PROGRAMS
from penstock.tools.resolver import resolve

Flags = dict[str, str]
"""Name -> type as in the help: `string`, `duration`, `uint16`, and empty for a boolean."""

_FLAG = re.compile(r"^\s+(?:-\w, )?--(?P<name>[\w.-]+)(?: (?P<type>\S+))?(?:\s{2,}.*)?$", re.MULTILINE)
_REFERENCES = Module("github.com/cilium/cilium", home="cilium", inside="Documentation/cmdref")


def version() -> str:
    """Return the pinned version, such as 1.20.2."""
    return PROGRAMS["cilium-agent"].version[1:]


@cache
def agent_flags() -> Flags:
    """Return the flags of cilium-agent, except hidden ones."""
    return _flags(_help("cilium-agent"))


@cache
def relay_flags() -> Flags:
    """Return the flags of `hubble-relay serve`."""
    return _flags(_help("hubble-relay", "serve"))


def operator_flags(name: str) -> Flags:
    """Return the flags of an operator such as `operator-generic`; raises PenstockError if it doesn't exist."""
    folder = references()
    path = folder / f"cilium-{name}.md"
    if not path.is_file():
        # Pages with an underscore describe subcommands.
        pages = (file.stem for file in folder.glob("cilium-operator-*.md") if "_" not in file.stem)
        operators = sorted(page.removeprefix("cilium-") for page in pages)
        raise PenstockError(f"there is no Cilium operator `{name}`", f"there are {', '.join(operators)}")
    return _flags(path.read_text())


def references() -> Path:
    """Return the folder with the command references of Cilium's programs; downloaded once."""
    return _REFERENCES.root / _REFERENCES.inside


def _help(program: str, *arguments: str) -> str:
    return run(Command([resolve(program), *arguments, "--help"], env={"HOME": "/", "PATH": ""}, bare=True)).text


def _flags(text: str) -> Flags:
    found = {match["name"]: match["type"] or "" for match in _FLAG.finditer(text)}
    found.pop("help", None)
    return found
