"""The verbs, wherever they are called: `./inv` of a checkout, `penstock` of an installed wheel."""

from __future__ import annotations

import sys

from penstock.cli.program import program
from penstock.platform.layout import ENGINE


def main() -> None:
    """Run a verb of the engine that this package belongs to."""
    program.run(["inv", "--search-root", str(ENGINE), *sys.argv[1:]])


if __name__ == "__main__":
    main()
