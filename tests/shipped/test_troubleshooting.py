"""What the page of symptoms quotes is what the engine says."""

from __future__ import annotations

import re

import pytest

from penstock.core.layout import ENGINE
from penstock.docs import errors, words
from penstock.docs.sources import Package

PAGE = (ENGINE / "docs/troubleshooting.md").read_text()
ENTRIES = errors.entries(Package(ENGINE / "scripts/penstock"))
QUOTES = re.findall(r"^(?:error|warning): (.+)$", PAGE, re.MULTILINE)
HINTS = re.findall(r"^  hint: (.+)$", PAGE, re.MULTILINE)


def lines(templates: tuple[str, ...]) -> list[str]:
    """The lines of templates that say something by themselves."""
    return [line for text in templates for line in text.splitlines() if words.says_something(line)]


def is_message(quote: str) -> bool:
    """Whether some error says so. One that another module shows has its place in front."""
    return any(
        re.fullmatch(f"{'.+?: ' if entry.passed_on else ''}(?:{words.pattern(line).pattern})", quote)
        for entry in ENTRIES
        for line in lines(entry.messages)
    )


def is_hint(quote: str) -> bool:
    return any(words.pattern(line).fullmatch(quote) for entry in ENTRIES for line in lines(entry.hints))


@pytest.mark.parametrize("quote", QUOTES)
def test_quoted_messages_are_real(quote: str) -> None:
    assert is_message(quote)


@pytest.mark.parametrize("quote", sorted(set(HINTS)))
def test_quoted_hints_are_real(quote: str) -> None:
    assert is_hint(quote)


@pytest.mark.parametrize("quote", ["port 1 on 127.0.0.1 is occupied", "there is no cluster anywhere", "loki is late"])
def test_a_made_up_message_is_none(quote: str) -> None:
    assert not is_message(quote)


def test_a_made_up_hint_is_none() -> None:
    assert not is_hint("call `inv upp`")


def test_the_page_quotes() -> None:
    assert len(QUOTES) > 15
    assert len(HINTS) > 10
