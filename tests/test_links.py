"""Every relative link in a Markdown file leads to something: a file or folder, and where it has one, a heading."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from penstock.platform.layout import ENGINE

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
# GitHub resolves this from the page's own place, so that a badge needs no address of the repository.
_WORKFLOW = re.compile(r"\.\./\.\./actions/workflows/([\w-]+\.yaml)(/badge\.svg\?branch=main)?")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def pages() -> list[Path]:
    """The Markdown files of the checkout: what Git knows, or would take."""
    argv = ["git", "-C", str(ENGINE), "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return sorted(ENGINE / line for line in listed.splitlines() if (ENGINE / line).is_file())


def prose(page: Path) -> str:
    """A page without its examples."""
    return _FENCE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """The names that a page's headings have in links: lower case, without punctuation, `-` for spaces."""
    headings = (re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", each) for each in _HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for link in _LINK.findall(_CODE.sub("", prose(page))):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        workflow = _WORKFLOW.fullmatch(path)
        if workflow and page.parent == ENGINE:
            path = link = f".github/workflows/{workflow[1]}"
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ENGINE).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_pages_outside_of_docs_are_seen_too() -> None:
    names = {page.relative_to(ENGINE).as_posix() for page in pages()}
    assert {"README.md", "CHANGELOG.md", "charts/workload/README.md", "docs/runbooks/README.md"} <= names


def test_what_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A heading, `with` code: 1\n[a](page.md) [b](#a-heading-with-code-1) [c](https://example.org/x) [d](..)\n"
        "[e](gone.md) [f](#gone) [g](page.md#gone) [`h`](lost.md) `[i](gone.md)`\n```\n[j](gone.md)\n```\n"
    )
    assert broken(page) == ["gone.md", "#gone", "page.md#gone", "lost.md"]


def test_a_badge_of_a_workflow_that_does_not_exist_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.ENGINE", tmp_path)
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/gate.yaml").touch()
    page = tmp_path / "README.md"
    name = "../../actions/workflows/{}.yaml/badge.svg?branch=main"
    page.write_text(f"![gate]({name.format('gate')}) ![lost]({name.format('lost')})\n")
    assert broken(page) == [".github/workflows/lost.yaml"]
