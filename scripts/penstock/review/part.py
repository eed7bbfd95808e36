"""The base of what a review consists of."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the model, all of whose fields are in the JSON."""
