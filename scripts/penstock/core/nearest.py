"""What somebody may have meant who typed a name that there isn't."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(wanted: str, known: Iterable[str]) -> str | None:
    """The one name that begins like the wanted one, else the one most like it; None when none is near."""
    names = sorted(set(known))
    begun = [name for name in names if wanted and name.startswith(wanted)]
    near = begun if len(begun) == 1 else difflib.get_close_matches(wanted, names, n=1)
    return near[0] if near else None


def did_you_mean(wanted: str, known: Iterable[str], otherwise: str) -> str:
    """The hint of an error about an unknown name: the nearest one, or what to say where none is near."""
    near = nearest(wanted, known)
    return f"did you mean `{near}`?" if near else otherwise
