"""Suggest the closest known name for a misspelled one."""

from __future__ import annotations

from collections.abc import Collection, Iterable

# A longer list says less than none.
_MOST = 6


def closest(name: str, known: Collection[str], cutoff: float = 0.6) -> str | None:
    """The one known name that is most like `name`, if it is like it by more than `cutoff`, from 0 to 1."""
    import difflib  # here, since the fast check rarely needs it

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)), None)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one known name that `name` is the beginning of, else the one most like it; None when none is close."""
    names = sorted(set(known))
    begun = [each for each in names if name and each.startswith(name)]
    return begun[0] if len(begun) == 1 else closest(name, names)


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """The hint for an unknown name: the closest one, or `otherwise`."""
    close = nearest(name, known)
    return f"did you mean `{close}`?" if close else otherwise


def ending(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: `; did you mean …?`, a short list of what there is, or nothing."""
    names = sorted(set(known))
    close = nearest(name, names)
    if close:
        return f"; did you mean `{close}`?"
    if not 0 < len(names) <= _MOST:
        return ""
    return f"; there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"


def unknown_key(key: str, place: str, known: Iterable[str] = ()) -> str:
    """The message about a key that nothing reads: unknown key `szie` (in inner); did you mean `size`?"""
    return f"unknown key `{key}`{_inside(place)}{ending(key, known)}"


def missing_key(key: str, place: str) -> str:
    """The message about a key that is required: the key `from` is missing (in periods[1])."""
    return f"the key `{key}` is missing{_inside(place)}"


def _inside(place: str) -> str:
    return f" (in {place})" if place else ""
