"""The verbs without a checkout: `penstock hydrate` of an installed wheel is `inv hydrate` of a checkout."""

from __future__ import annotations

import sys

from invoke.main import program

from penstock.core.layout import ENGINE


def main() -> None:
    """Run invoke with the engine's tasks, wherever it is called."""
    program.run(["inv", "--search-root", str(ENGINE), *sys.argv[1:]])


if __name__ == "__main__":
    main()
