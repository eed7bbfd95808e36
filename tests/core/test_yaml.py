"""The YAML reader and writer by example; test_yaml_as_go.py has the proof."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.core.errors import PenstockError
from penstock.core.yaml import compose, dump, dump_all, parse, parse_all


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=", "="),
        ("<<", "<<"),
        ("22:22", "22:22"),
        ("12:30:45", "12:30:45"),
        ("2020-01-01", "2020-01-01"),
        ("1e+06", 1000000),
        ("1.0", 1),
        ("0o17", 15),
        ("010", 8),
        ("0b11", 3),
        ("1_000", 1000),
        ("yes", True),
        ("y", True),
        ("Off", False),
        ("~", None),
        ("!!str 5", "5"),
        ("! '5'", "5"),
        ("'yes'", "yes"),
        ("18446744073709551615", 18446744073709551615),
        ("1e400", "1e400"),
        ("{yes: 1, 80: 2, 1.50: 3, 1000000.0: 4}", {"true": 1, "80": 2, "1.5": 3, "1e+06": 4}),
        ("{a: &a {x: 1, y: 2}, b: {<<: *a, 'x': 3}}", {"a": {"x": 1, "true": 2}, "b": {"x": 3, "true": 2}}),
        ('"a\x85b"', "a b"),
        ("|\n  a\u2028  b\n", "a\u2028b\n"),
        ("", None),
        ("# only a comment", None),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert repr(parse(text, "f")) == repr(value)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("a: [1, 2\nb: 3\n", "f:2:2: not YAML: did not find expected ',' or ']'", "fix the line named above"),
        (
            "a: 1\n\tb: 2\n",
            "f:2:1: not YAML: found a tab character that violates indentation",
            "fix the line named above",
        ),
        (b"a: 1\nb: \xff\n", "f:2:4: not YAML: invalid leading UTF-8 octet", "write it as UTF-8"),
        ("a: \ud800\n", "f:1:4: not YAML: invalid Unicode character", "write it as UTF-8"),
        ("a: 1\n---\n\ufeffb: 1\n", "f:3:1: a byte order mark inside the file", "remove it"),
        ("a: 1\nb: 2\na: 3\n", "f:3:1: the key `a` is already set above", "remove one of the two"),
        ("80: 1\n'80': 2\n", "f:2:1: the key `80` is already set above", "remove one of the two"),
        ("a:\n  ~: 1\n", "f:2:3: a key can't be null", "quote the key"),
        ("18446744073709551615: 1\n", "f:1:1: a key can't be 18446744073709551615", "quote the key"),
        ("? [a]\n: 1\n", "f:1:3: a key can't be a mapping or a list", "fix the line named above"),
        ("a: -.inf\n", "f:1:4: Kubernetes has no number for infinity or .nan", "write a number, or quote it"),
        ("a: !!int x\n", "f:1:4: the value is not of the type that its tag declares", "fix the line named above"),
        ("a: *b\n", "f:1:4: there is no anchor `b` above", "fix the line named above"),
        ("a: &b [*b]\n", "f:1:8: the anchor `b` contains itself", "fix the line named above"),
        ("<<: 1\n", "f:1:5: `<<` merges a mapping, or a list of mappings", "fix the line named above"),
        ("[a?b]\n", "f:1:2: a `?` in unquoted text between brackets or braces", "quote the text"),
        ('é: ["\\\\/", "\\/"]\n', "f:1:12: the escape `\\/`, which Kubernetes does not read", "write the slash alone"),
        ("a: 1\n...\nb: 2\n", "f:3:1: not YAML: did not find expected <document start>", "fix the line named above"),
        (
            "%YAML 1.2\n---\na: 1\n",
            "f:1:1: %YAML of a version other than 1.1, which Kubernetes does not read",
            "remove the directive",
        ),
        ("[" * 5000 + "]" * 5000, "f: nested too deeply", "write it with fewer levels"),
    ],
)
def test_what_is_refused_is_pointed_at(text: str | bytes, message: str, hint: str) -> None:
    with pytest.raises(PenstockError) as caught:
        parse_all(text, "f")
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_second_document() -> None:
    with pytest.raises(PenstockError) as caught:
        parse("a: 1\n---\nb: 2\n", "f")
    assert caught.value.message == "f:2:1: a second document, where one is expected"
    assert parse_all("a: 1\n---\n---\n# nothing\n---\nb: 2\n...\n", "f") == [{"a": 1}, {"b": 2}]


def test_nodes_know_their_places() -> None:
    root = compose("a: 1\n", "f")
    assert root
    assert (root.start_mark.line, root.start_mark.column) == (0, 0)
    with pytest.raises(PenstockError, match=r"^f:1:6: not YAML: "):
        compose("a: 'b", "f")


@pytest.mark.parametrize("indented", [False, True])
@pytest.mark.parametrize("word", ["y", "on", "0o17", "1e3", "12:30", "=", "<<", "~", "null", "0b11", "1_000", ".5_0"])
def test_a_word_that_is_read_as_something_else_is_quoted(word: str, indented: bool) -> None:
    text = dump({word: word}, indented=indented).strip()
    assert text in (f'"{word}": "{word}"', f"'{word}': '{word}'")


def test_plain_text_is_not_quoted() -> None:
    same = {"x": 1}
    value = {"b": ["name", "a b " * 50 + "c"], "a": {"one": same, "two": same}, "m": [1, 1.5, True, None]}
    words = "a b " * 50 + "c"
    assert (
        dump(value)
        == f"a:\n  one:\n    x: 1\n  two:\n    x: 1\nb:\n- name\n- {words}\nm:\n- 1\n- 1.5\n- true\n- null\n"
    )
    assert dump({"b": [1], "a": 2}, sort_keys=False, indented=True) == "b:\n  - 1\na: 2\n"
    assert dump_all([{"a": 1}, {"b": 2}]) == "a: 1\n---\nb: 2\n"
