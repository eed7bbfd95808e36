"""The type of a rule, a kind of fault that `inv explain` describes."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """A kind of fault. `id` is GATE/NAME or hydrate/NAME; `inv explain` shows the other fields."""

    id: str
    catches: str
    why: str
    fix: str

    @property
    def hint(self) -> str:
        """The fix as errors show it: lower case, no full stop."""
        return (self.fix[:1].lower() + self.fix[1:]).removesuffix(".")
