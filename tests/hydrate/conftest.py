"""Upstream charts to hydrate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chart_server import ChartServer
from chart_support import forget, name
from support import Platform


@pytest.fixture
def server() -> Iterator[ChartServer]:
    """Serves the charts; the cache is empty before and after."""
    started = ChartServer()
    forget()
    try:
        yield started
    finally:
        started.stop()
        forget()


@pytest.fixture
def locked(good: Platform, server: ChartServer) -> Platform:
    """A platform with a chart of the server, hydrated."""
    server.add("echo", "1.2.3")
    name(good, server)
    good.hydrate()
    return good
