"""What a rule is: a kind of fault that `inv explain` explains."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """A kind of fault. `id` is GATE/NAME, or hydrate/NAME; the other fields are what `inv explain` shows."""

    id: str
    catches: str
    why: str
    fix: str
