"""Without a browser the tests of the page skip, except where one is required."""

from __future__ import annotations

import shutil

import pytest

import browser_support
from support import REAL_ENVIRONMENT


@pytest.mark.parametrize(("required", "outcome"), [("", pytest.skip.Exception), ("required", pytest.fail.Exception)])
def test_no_browser(required: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setitem(REAL_ENVIRONMENT, "PENSTOCK_BROWSER", required)
    with pytest.raises(outcome, match="no browser on PATH: google-chrome, "):
        browser_support.executable()
