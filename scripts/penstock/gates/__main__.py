"""Run one gate by name: `python -m penstock.gates NAME`, in environments chosen by `-e`, `--changed` and `--shard`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, get_args

import msgspec

from penstock.core import console
from penstock.core.errors import PenstockError, reported
from penstock.gates import registry, reports, runner
from penstock.gates.matrix import matrix
from penstock.hydrate.selection import Selection
from penstock.platform.layout import find_platform

# A folder with the upstream charts that the gate fidelity compares, for machines without the network.
CHARTS = "PENSTOCK_CHARTS"
# The gates that run one environment of each class.
_REHEARSE = ("rehearse", "rehearse-upgrade")
_FORMATS = get_args(reports.Format)
_USAGE = (
    f"python -m penstock.gates NAME [--format {'|'.join(_FORMATS)}] [-e ENV]… [--changed [BASE]] [--shard N/M] [--all]"
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise PenstockError(message, _USAGE)


def main(argv: list[str]) -> None:
    """Run the gate that `argv` names; exit with 1 if it has findings, and as `reported` does on errors."""
    debug = bool(os.environ.get("PENSTOCK_DEBUG"))
    if debug:
        logging.basicConfig(level=logging.DEBUG)
    with reported(debug=debug):
        if not _passes(argv):
            sys.exit(1)


def _passes(argv: list[str]) -> bool:
    if argv[:1] == ["e2e"]:
        from penstock.gates.e2e.gate import e2e

        e2e(argv[1:])
        return True
    parser = _Parser(prog="gates", add_help=False)
    parser.add_argument("name", nargs="?", default="")
    # GitHub sets it in every step, and shows annotations on the lines of a pull request.
    default = "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"
    parser.add_argument("--format", choices=_FORMATS, default=default)
    parser.add_argument("--json", action="store_const", const="json", dest="format")
    parser.add_argument("--charts", default="")
    parser.add_argument("-e", "--env", action="append", default=[])
    parser.add_argument("--changed", nargs="?", const="")
    parser.add_argument("--shard", default="")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args(argv)
    if arguments.charts:
        os.environ[CHARTS] = str(Path(arguments.charts).resolve())
    if arguments.name == "matrix":
        console.out(msgspec.json.encode(matrix(find_platform())).decode())
        return True
    gate = registry.find(arguments.name)
    if arguments.all and gate.name not in _REHEARSE:
        raise PenstockError(
            f"`{gate.name}` has no --all", f"it reads every environment; --all is of {', '.join(_REHEARSE)}"
        )
    platform = Selection(tuple(arguments.env), arguments.changed, arguments.shard).checked_out(find_platform())
    result = runner.run(gate, replace(platform, every=arguments.all))
    reports.report(result.below(_folder_in_workspace(platform.root)), arguments.format)
    return not result.findings


def _folder_in_workspace(root: Path) -> str:
    """The platform's path inside GitHub's checkout, to which annotations are relative; empty outside a workflow."""
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or root).resolve()
    return root.relative_to(workspace).as_posix() if root != workspace and root.is_relative_to(workspace) else ""


if __name__ == "__main__":
    main(sys.argv[1:])
