"""inv diagram: draw dataflow.yaml into README and docs."""

from __future__ import annotations

from penstock.core import console
from penstock.gates.dataflow import pictures
from penstock.platform import dataflow
from penstock.platform.layout import find_platform


def diagram(only_print: bool) -> None:
    """Draw the diagram into every page that has a place for it, or print it."""
    layout = find_platform()
    found = dataflow.read(layout.root)
    if only_print:
        console.out(pictures.mermaid(found))
        return
    for page in pictures.draw(layout.root, found):
        console.info(f"  ~ {page}")
    console.good(f"{', '.join(pictures.pages(layout.root))}: {len(found.arrows)} arrows drawn")
