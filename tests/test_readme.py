"""README in two languages: the same page."""

from __future__ import annotations

import re

from penstock.platform.layout import ENGINE
from penstock.verbs.test import GATES

ENGLISH, JAPANESE = ((ENGINE / name).read_text() for name in ("README.md", "README.ja.md"))


def blocks(text: str) -> list[str]:
    """Commands with their output, listings, the picture."""
    return re.findall(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def headings(text: str) -> list[str]:
    return re.findall(r"^(#+) ", prose(text), re.MULTILINE)


def subjects(text: str) -> list[str]:
    """The first column of every table, as far as it is code."""
    return re.findall(r"^\| (`.*?) \|", prose(text), re.MULTILINE)


def links(text: str) -> list[str]:
    return sorted(set(re.findall(r"\]\((\S+?)\)", prose(text))) - {"README.md", "README.ja.md"})


def test_both_have_the_same_commands_with_the_same_output() -> None:
    assert blocks(ENGLISH) == blocks(JAPANESE)
    assert len(blocks(ENGLISH)) > 3


def test_both_have_the_same_sections() -> None:
    assert headings(ENGLISH) == headings(JAPANESE)
    assert len(headings(ENGLISH)) > 5


def test_both_have_the_same_verbs_and_gates() -> None:
    assert subjects(ENGLISH) == subjects(JAPANESE)
    assert "`rehearse`" in subjects(ENGLISH)


def test_the_table_has_every_gate() -> None:
    assert {f"`{gate}`" for gate in GATES} <= set(subjects(ENGLISH))


def test_both_lead_to_the_same_pages() -> None:
    assert links(ENGLISH) == links(JAPANESE)


def test_each_leads_to_the_other() -> None:
    assert "(README.ja.md)" in ENGLISH
    assert "(README.md)" in JAPANESE


def test_both_are_short_and_begin_with_a_session_and_three_commands() -> None:
    for text in (ENGLISH, JAPANESE):
        assert len(text.splitlines()) <= 150
        first, second, *_ = blocks(text)
        assert [line.split("  ")[0] for line in first.splitlines()[1:-1]] == [
            "$ ./inv up",
            "$ ./inv test",
            "$ ./inv down",
        ]
        assert second.startswith("```mermaid")
        assert text.index("(docs/assets/up.svg)") < text.index(first)
