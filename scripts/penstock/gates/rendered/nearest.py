"""The end of a finding: the right answer nearest to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.core.nearest import nearest

_MOST = 6


def ending(wanted: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, or else what there is; empty when there is nothing at all or too much to say."""
    names = sorted(set(known))
    near = nearest(wanted, names)
    if near:
        return f"; did you mean `{near}`?"
    if not 0 < len(names) <= _MOST:
        return ""
    return f"; there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"
