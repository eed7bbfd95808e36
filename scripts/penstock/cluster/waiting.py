"""Wait for a condition, with a deadline and a progress message, and for an API server that restarts."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_delay,
    wait_exponential,
    wait_fixed,
)

from penstock.core.console import Step
from penstock.core.errors import PenstockError
from penstock.core.side_by_side import stop_if_told
from penstock.tools.kubectl import Unavailable

Value = TypeVar("Value")
_SECONDS = 120.0
_SOON, _LATE = wait_exponential(multiplier=0.05, max=1), 3.0


def until(
    probe: Callable[[], Value | None], seconds: float, step: Step, what: str, expired: Callable[[], PenstockError]
) -> Value:
    """Call `probe` until it returns something other than None, and return that; errors of `probe` end the wait.

    After `seconds`, raises the error that `expired` returns. `what` is shown as progress. An API server that doesn't
    answer is tolerated for two minutes: its static pod is restarted within seconds, but not so soon the third time.
    """
    step.note(what)
    away = _Away()
    retrying = Retrying(
        stop=stop_after_delay(seconds),
        wait=_wait,
        retry=retry_if_result(lambda value: value is None),
    )
    try:
        return retrying(partial(away.tolerated, probe))  # type: ignore[return-value]
    except RetryError:
        raise expired() from None


def patiently(work: Callable[[], Value]) -> Value:
    """Call `work`, and again while the API server doesn't answer, up to two minutes; it has to be safe to repeat."""
    retrying = Retrying(
        stop=stop_after_delay(_SECONDS), wait=wait_fixed(1), retry=retry_if_exception_type(Unavailable), reraise=True
    )
    return retrying(work)


def _wait(state: RetryCallState) -> float:
    """Return the seconds until the next look, each of which starts kubectl.

    Up to one at first; after twenty seconds a twentieth of the time waited, up to three.
    """
    return max(_SOON(state), min((state.seconds_since_start or 0) / 20, _LATE))


class _Away:
    """How long the API server has not answered."""

    def __init__(self) -> None:
        self.since = 0.0

    def tolerated(self, probe: Callable[[], Value | None]) -> Value | None:
        """Return None instead of an answer for up to two minutes; then raises the error."""
        stop_if_told()
        try:
            value = probe()
        except Unavailable:
            self.since = self.since or time.monotonic()
            if time.monotonic() - self.since > _SECONDS:
                raise
            return None
        self.since = 0.0
        return value
