"""A real browser for the pages that Penstock writes, and what must hold on each of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from support import REAL_ENVIRONMENT

Scheme = Literal["light", "dark"]
_NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")


def executable() -> str:
    """The browser on PATH; skips without one, or fails where PENSTOCK_BROWSER=required."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found:
        return found
    reason = f"no browser on PATH: {', '.join(_NAMES)}"
    if REAL_ENVIRONMENT.get("PENSTOCK_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def browser(home: Path) -> Iterator[Browser]:
    """A browser with a home of its own; the sandbox of Chromium can't be had in containers."""
    path = executable()
    with sync_playwright() as started:
        made = started.chromium.launch(executable_path=path, args=["--no-sandbox"], env={"HOME": str(home)})
        try:
            yield made
        finally:
            made.close()


class Visit:
    """An open page. `complaints` are the messages and errors of its console, `requests` all but the page itself."""

    def __init__(self, page: Page, file: Path, fragment: str = "") -> None:
        self.page, self.complaints, self.requests = page, [], []  # type: tuple[Page, list[str], list[str]]
        address = file.as_uri()

        def route(one: Route) -> None:
            if one.request.url.partition("#")[0] == address:
                one.continue_()
            else:
                self.requests.append(one.request.url)
                one.abort()

        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.route("**/*", route)
        page.goto(address + fragment)

    @property
    def fragment(self) -> str:
        """The fragment of its address."""
        return self.page.url.partition("#")[2]

    def shown(self, selector: str) -> list[str]:
        """The ids of the visible elements."""
        return [str(one.get_attribute("id")) for one in self.page.locator(selector).all() if one.is_visible()]

    def violations(self) -> list[str]:
        """What axe-core finds."""
        self.page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
        found: Any = self.page.evaluate("axe.run()")
        return [
            f"{one['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
