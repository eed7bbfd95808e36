"""Delay Ctrl-C while a process is started and recorded."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C until the end of the block, so that what it starts is also recorded; a second one acts at once."""
    pending: list[int] = []

    def delay(number: int, _: object) -> None:
        if pending:
            raise KeyboardInterrupt
        pending.append(number)

    before = signal.signal(signal.SIGINT, delay)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pending:
        raise KeyboardInterrupt
