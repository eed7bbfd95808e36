"""Numbers that were typed as the value of an option."""

from __future__ import annotations

import math

from penstock.core.errors import PenstockError


def seconds(text: str, option: str) -> float:
    """A duration; 0 where nothing was typed. PenstockError for what is no number of seconds above 0."""
    try:
        value = float(text or 0)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (text and value <= 0):
        raise PenstockError(f"{option} `{text}` is no number of seconds", f"{option} 300 waits five minutes")
    return value


def whole(text: str, option: str) -> int:
    """A whole number from 1; 0 where nothing was typed. PenstockError for anything else."""
    if text and not (text.isascii() and text.isdigit() and int(text)):
        raise PenstockError(f"{option} `{text}` is no whole number from 1", f"{option} 2, for example")
    return int(text or 0)
