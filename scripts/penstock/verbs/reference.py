"""inv reference: the pages of docs/reference that the code itself writes."""

from __future__ import annotations

from penstock.core import console
from penstock.docs import pages


def reference() -> None:
    """Write the pages of verbs, settings and errors; Findings for an error that has no hint."""
    changed = pages.write()
    for page in changed:
        console.info(f"  ~ {page}")
    count = "1 page" if len(changed) == 1 else f"{len(changed)} pages"
    console.good(f"{count} changed" if changed else "the pages are what the code says")
