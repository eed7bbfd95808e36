"""The pictures in README and docs: Mermaid diagrams of dataflow.yaml, between two markers of the page."""

from __future__ import annotations

import re
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.files import write_atomically
from penstock.platform.dataflow import Contract

BEGIN, END = "<!-- dataflow: drawn by `inv diagram` -->", "<!-- end of dataflow -->"
_BETWEEN = re.compile(rf"{re.escape(BEGIN)}\n.*?{re.escape(END)}", re.DOTALL)


def mermaid(contract: Contract) -> str:
    """A Mermaid flowchart with a box for every node, in its group, and a line for every arrow."""
    lines = ["flowchart LR"]
    groups = dict.fromkeys(node.group for node in contract.nodes.values())
    for number, group in enumerate(groups):
        indent = "  "
        if group:
            lines.append(f'  subgraph g{number}["{group}"]')
            indent = "    "
        lines += [
            f'{indent}{_id(name)}["{node.title}"]' for name, node in contract.nodes.items() if node.group == group
        ]
        if group:
            lines.append("  end")
    lines += [f'  {_id(arrow.from_)} -->|"{arrow.carries}"| {_id(arrow.to)}' for arrow in contract.arrows]
    return "\n".join(lines)


def block(contract: Contract) -> str:
    """The picture as pages contain it, between its markers."""
    return f"{BEGIN}\n```mermaid\n{mermaid(contract)}\n```\n{END}"


def pages(root: Path) -> list[str]:
    """The pages with the picture, relative to the root: README in every language, and docs/concepts.md."""
    return [*sorted(path.name for path in root.glob("README*.md")), "docs/concepts.md"]


def stale(root: Path, contract: Contract) -> list[str]:
    """The pages whose picture differs from the contract."""
    return [page for page in pages(root) if block(contract) not in (root / page).read_text()]


def draw(root: Path, contract: Contract) -> list[str]:
    """Draw the picture into every page, and return the changed pages. Raises PenstockError if a page has no markers."""
    changed = []
    for page in pages(root):
        path = root / page
        text = path.read_text()
        if not _BETWEEN.search(text):
            raise PenstockError(f"{page}: the markers of the picture are missing", f"add the lines {BEGIN} and {END}")
        drawn = _BETWEEN.sub(lambda _: block(contract), text)
        if drawn != text:
            write_atomically(path, drawn.encode())
            changed.append(page)
    return changed


def _id(name: str) -> str:
    return name.replace("-", "_")
