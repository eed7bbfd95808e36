"""Build, compare and write the generated pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically
from penstock.docs import components_page, connections_page, rules_page, schemas_page, settings_page, verbs_page
from penstock.platform.layout import ENGINE, Layout

_PAGES: dict[str, Callable[[Path], str]] = {
    "docs/reference/verbs.md": lambda root: verbs_page.page(root / "tasks.py"),
    "docs/reference/settings.md": lambda root: settings_page.page(Layout(root)),
    "docs/reference/rules.md": rules_page.page,
    "docs/reference/components.md": lambda root: components_page.page(Layout(root)),
    "docs/reference/review.schema.json": lambda _: schemas_page.review(),
    "docs/reference/review-settings.schema.json": lambda _: schemas_page.settings(),
    "docs/reference/promotion.schema.json": lambda _: schemas_page.promotion(),
    "docs/reference/connections.md": lambda root: connections_page.page(Layout(root)),
}


def written(root: Path = ENGINE) -> dict[str, str]:
    """Return the current text of every page, by path; raises PenstockError if there is no docs/."""
    if not (root / "docs").is_dir():
        raise PenstockError(f"{root}: there is no docs/ here", "run it in a checkout of Penstock, not in a wheel")
    return {path: page(root) for path, page in _PAGES.items()}


def stale(root: Path = ENGINE) -> dict[str, str]:
    """Return the pages whose files differ from their current text."""
    pages = written(root)
    return {
        path: text for path, text in pages.items() if not (root / path).is_file() or (root / path).read_text() != text
    }


def write(root: Path = ENGINE) -> list[str]:
    """Write the stale pages and return their paths."""
    changed = stale(root)
    for path, text in changed.items():
        write_atomically(root / path, text.encode())
    return list(changed)
