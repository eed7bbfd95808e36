"""The end of a finding: the right answer nearest to a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST = 6


def nearest(wanted: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, or else what there is; empty when there is nothing at all or too much to say."""
    names = sorted(set(known))
    near = difflib.get_close_matches(wanted, names, n=1)
    if near:
        return f"; did you mean `{near[0]}`?"
    if not 0 < len(names) <= _MOST:
        return ""
    return f"; there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"
