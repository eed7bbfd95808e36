"""Do the same work for several things at a time, in threads; Ctrl-C and a failure end the waits of all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from penstock.core.interrupts import uninterrupted

Item = TypeVar("Item")
Value = TypeVar("Value")
_stopping = threading.Event()


def side_by_side(work: Callable[[Item], Value], items: Sequence[Item], count: int) -> Iterator[Value]:
    """Yield the result for each item, in their order; at most `count` are worked on at a time.

    The first error, in that order, is raised once all others have ended what they began: their waits raise
    KeyboardInterrupt at the next `stop_if_told`, as they do after Ctrl-C.
    """
    if count < 2 or len(items) < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(count) as pool:
        try:
            # A thread that Ctrl-C keeps the pool from recording would be neither stopped nor waited for.
            with uninterrupted():
                futures = [pool.submit(work, item) for item in items]
            for future in futures:
                yield future.result()
        except BaseException:
            _stopping.set()
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            _stopping.clear()


def stop_if_told() -> None:
    """Raise KeyboardInterrupt if the work of this thread was told to stop."""
    if _stopping.is_set() and threading.current_thread() is not threading.main_thread():
        raise KeyboardInterrupt
