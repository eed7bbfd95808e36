"""Compute once in a run what depends on files that a run reads many times: a fleet's environments share most of them.

Outside of `run` nothing is kept, since files may be edited between two calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_kept: ContextVar[dict[Any, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def run() -> Iterator[None]:
    """Keep results of functions that are `once` until the end of this context; files must not be edited by it."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once(function: Callable[P, T]) -> Callable[P, T]:
    """Make a function keep its result for the same positional arguments, inside of `run`; errors aren't kept."""

    @wraps(function)
    def kept(*values: P.args, **named: P.kwargs) -> T:
        results = _kept.get()
        if results is None or named:
            return function(*values, **named)
        key = (function, *values)
        if key not in results:
            results[key] = function(*values, **named)
        found: T = results[key]
        return found

    return kept
