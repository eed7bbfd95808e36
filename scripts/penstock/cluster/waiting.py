"""Wait for a condition, with a deadline and a progress message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_exponential

from penstock.core.console import Step
from penstock.core.errors import PenstockError

Value = TypeVar("Value")


def until(
    probe: Callable[[], Value | None], seconds: float, step: Step, what: str, expired: Callable[[], PenstockError]
) -> Value:
    """Call `probe` until it returns something other than None, and return that; errors of `probe` end the wait.

    After `seconds`, raises the error that `expired` returns. `what` is shown as progress.
    """
    step.note(what)
    retrying = Retrying(
        stop=stop_after_delay(seconds),
        wait=wait_exponential(multiplier=0.05, max=0.5),
        retry=retry_if_result(lambda value: value is None),
    )
    try:
        return retrying(probe)  # type: ignore[return-value]
    except RetryError:
        raise expired() from None
