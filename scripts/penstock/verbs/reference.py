"""inv reference: generate the pages of docs/reference from the code."""

from __future__ import annotations

from penstock.core import console
from penstock.docs import pages


def reference() -> None:
    """Write the pages that are stale."""
    changed = pages.write()
    for page in changed:
        console.info(f"  ~ {page}")
    count = "1 page" if len(changed) == 1 else f"{len(changed)} pages"
    console.good(f"{count} changed" if changed else "the pages are what the code says")
