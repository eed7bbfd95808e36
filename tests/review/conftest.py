"""The API server accepts every change; what the real one answers is in test_immutable.py."""

from __future__ import annotations

import pytest

from diff_support import answer
from penstock.tools.apicheck import Verdict


@pytest.fixture(autouse=True)
def _accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An API server that accepts everything; what the real one answers is in test_immutable.py."""
    answer(monkeypatch, Verdict())
