"""promotion.yaml: the order in which environments get a change, and what must be true before the next one does."""

from __future__ import annotations

from typing import Annotated

import msgspec

from penstock.core.errors import PenstockError
from penstock.core.model import Strict, load
from penstock.core.nearest import ending
from penstock.platform import environments
from penstock.platform.layout import Layout

FILE = "promotion.yaml"
_SECONDS = {"m": 60, "h": 3600, "d": 86400}
Name = Annotated[str, msgspec.Meta(min_length=1)]


class Promotion(Strict, frozen=True, rename="camel"):
    """The contents of promotion.yaml.

    `order` lists the environments of each step, which get a change side by side, the first step first. A change moves
    on when the step before has had it for `minimum_age` (90m, 24h, 2d), and when these `checks` of its commit passed.
    """

    order: Annotated[list[Annotated[list[Name], msgspec.Meta(min_length=1)]], msgspec.Meta(min_length=2)]
    minimum_age: Annotated[str, msgspec.Meta(pattern="^[0-9]+[mhd]$")] = "0m"
    checks: list[Name] = []

    @property
    def seconds(self) -> int:
        """The minimum age in seconds."""
        return int(self.minimum_age[:-1]) * _SECONDS[self.minimum_age[-1]]


def read(layout: Layout) -> Promotion:
    """Return the file's content; raises PenstockError without one, for an unknown key and an unknown environment."""
    path = layout.root / FILE
    if not path.is_file():
        raise PenstockError(f"there is no {FILE}", "docs/how-to/promote.md shows one; `inv promote ENV` needs none")
    found = load(path, Promotion, FILE)
    known = environments.names(layout)
    seen: set[str] = set()
    for name in (name for step in found.order for name in step):
        if name not in known:
            raise PenstockError(
                f"{FILE}: unknown environment `{name}`{ending(name, known)}", "fix the entry in `order`"
            )
        if name in seen:
            raise PenstockError(f"{FILE}: `{name}` is in `order` twice", "keep it in one step")
        seen.add(name)
    return found
