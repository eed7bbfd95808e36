"""Suggest the closest known name for a misspelled one."""

from __future__ import annotations

from collections.abc import Collection, Iterable

# A longer list doesn't help.
_MOST = 6


def closest(name: str, known: Collection[str], cutoff: float = 0.6) -> str | None:
    """Return the known name most similar to `name`, if the similarity (0 to 1) exceeds `cutoff`."""
    import difflib  # here, since the fast check rarely needs it

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)), None)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the only known name that starts with `name`, else the most similar one; None if none is similar."""
    names = sorted(set(known))
    begun = [each for each in names if name and each.startswith(name)]
    return begun[0] if len(begun) == 1 else closest(name, names)


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return the hint for an unknown name: the closest one, or `otherwise`."""
    close = nearest(name, known)
    return f"did you mean `{close}`?" if close else otherwise


def ending(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: `; did you mean …?`, the known names, or nothing."""
    names = sorted(set(known))
    close = nearest(name, names)
    if close:
        return f"; did you mean `{close}`?"
    if not 0 < len(names) <= _MOST:
        return ""
    return f"; there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"


def unknown_key(key: str, place: str, known: Iterable[str] = ()) -> str:
    """Return the message about an unknown key: unknown key `replica` (in inner); did you mean `replicas`?"""
    return f"unknown key `{key}`{_inside(place)}{ending(key, known)}"


def missing_key(key: str, place: str) -> str:
    """Return the message about a missing key: the key `from` is missing (in periods[1])."""
    return f"the key `{key}` is missing{_inside(place)}"


def _inside(place: str) -> str:
    return f" (in {place})" if place else ""
