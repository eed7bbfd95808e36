"""The YAML reader and writer against the Go library that Kubernetes reads with: generated texts, the same object or no
object on both sides.

EXAMPLES=50000 tries other texts than the usual few, and that many for each test.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, configuration, example, given, settings
from hypothesis import strategies as st

from penstock.core import scalars, yaml
from penstock.core.errors import PenstockError
from penstock.platform.layout import ENGINE
from penstock.tools import golang
from support import REAL_ENVIRONMENT

_MANY = int(os.environ.get("EXAMPLES", "0"))
generated = settings(
    max_examples=_MANY or 100,
    derandomize=not _MANY,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
# Where libyaml refuses what Go's library reads in an odd way, and a tag whose name Go lets end with a bracket.
STRICTER = re.compile("found unexpected ':'|a byte order mark inside the file")
# Refused even where an equal key below takes the place of it: no program that loads manifests gets so far.
SHADOWED = re.compile("no number for infinity|a key can't be null")
ODD_TAG = re.compile(r"!\S*[,\[\]{}]")


@dataclass(frozen=True)
class Go:
    """The library, in a process of its own."""

    process: subprocess.Popen[str]

    def read(self, text: str, *, stream: bool = False) -> list[dict[str, Any]]:
        """What it makes of each document."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"text": text, "stream": stream}) + "\n")
        self.process.stdin.flush()
        answers: list[dict[str, Any]] = json.loads(self.process.stdout.readline())
        return answers


@pytest.fixture(scope="module")
def go(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Go]:
    folder = tmp_path_factory.mktemp("as_go")
    configuration.set_hypothesis_home_dir(folder)
    program, source = folder / "as_go", Path(__file__).parent / "as_go" / "main.go"
    env = {**REAL_ENVIRONMENT, **golang._ENVIRONMENT}
    subprocess.run(
        [golang.find_go(), "build", *golang.FLAGS, "-o", program, source],
        cwd=ENGINE / "tools" / "render",
        env=env,
        check=True,
    )
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Go(process)
        assert process.stdin
        process.stdin.close()


def same(one: Any, other: Any) -> bool:
    """Equal as JSON, in which true isn't 1 and 1.0 isn't 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def ours(text: str, *, stream: bool = False, last_wins: bool = False) -> tuple[Any, str]:
    """What our reader makes of a text, or why it refuses it: in one line that begins with the place."""
    try:
        return yaml.parse_all(text, "f", last_wins=last_wins) if stream else yaml.parse(text, "f"), ""
    except PenstockError as error:
        refusal = error.message
    assert re.fullmatch(r"f:\d+:\d+: .+", refusal)
    return None, refusal


def check(go: Go, text: str) -> None:
    """The same object, or none on both sides; what Kubernetes would drop is refused too."""
    if ODD_TAG.search(text):
        return
    (answer,) = go.read(text)
    found, refusal = ours(text)
    if "error" in answer or answer["rest"]:
        assert refusal, (text, answer, found)
    elif answer["collides"]:
        assert refusal or "<<" in text, (text, answer, found)
    elif answer["twice"]:
        assert refusal or ("<<" in text and same(found, answer["json"])), (text, answer, found)
        found, refusal = ours(text, stream=True, last_wins=True)
        assert STRICTER.search(refusal) or SHADOWED.search(refusal) or same(found, [answer["json"]]), (
            text,
            answer,
            found or refusal,
        )
    elif not STRICTER.search(refusal):
        assert not refusal, (text, answer, refusal)
        assert same(found, answer["json"]), (text, answer, found)


WORDS = """
y Y yes Yes YES n N no No NO on On ON off Off OFF true True TRUE false False FALSE tRue null Null NULL ~ = << - ? . ..
.inf .Inf .INF +.inf -.inf .nan .NaN +.nan NaN inf 0 -0 +1 00 010 -010 08 089 0o17 0O17 0o8 0x1F 0X1f 0x 0x_1F 0b11 0B1
0b2 0b-1 0b+1 -0b1 1_000 1__0 _1 0_7 1_ .5 5. .5_0 .5_ ._5 .5e1_0 1e3 1e+06 1E6 1e 1e400 .1e400 1e-400 -1e400 1e20 1e21
1.0 -0.0 1.10 1.5.2 0123e1 0x1p-2 12:30:45 22:22 190:20 2001-01-01 2001-1-1 2001-01-01T00:00:00Z 2001-13-01 1,000
9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615
18446744073709551616 +18446744073709551615 0xFFFFFFFFFFFFFFFF 0xFFFFFFFFFFFFFFFFF 02777777777777777777777
123456789012345678901234567890 9007199254740993 4611686018427387904.0 1000000.0 16777217.0 1e39 1e-40 0.00001 ٣ 1٣
""".split()  # noqa: SIM905, a hundred of them
PLACES = [
    "@", "a: @\n", "@: 1\n", "? @\n: 1\n", "- @\n", "[@, 1]", "{@: 1}", "a: '@'\n", 'a: "@"\n', "a: ! @\n",
    "a: !own @\n", "&a @: *a\n", "a: &a @\n*a : 1\n", "a: |\n  @\n", "a: >-\n  @\n   @\n", "a: @ # no\n",
    *(f"a: !!{tag} @\n" for tag in ("str", "int", "float", "bool", "null", "timestamp", "binary", "seq")),
    "!!float @: 1\n", "!!str @: 1\n", "a: !!int '@'\n", "a: @\nb: @\n@: 1\n", "a: {<<: @}\n",
]  # fmt: skip
NUMERIC = st.text("0123456789+-._eExXbBoO:aAfFnN", min_size=1, max_size=8)
SCALARS = st.sampled_from(WORDS) | NUMERIC | st.text("aby0 \t:#-?\x85\u2028\ufeffé🔥\\/", max_size=8)


@given(SCALARS, st.sampled_from(PLACES))
@generated
def test_scalars(go: Go, scalar: str, place: str) -> None:
    check(go, place.replace("@", scalar))


def test_words(go: Go) -> None:
    for text in (place.replace("@", word) for place in PLACES for word in WORDS):
        check(go, text)


TOKENS = [
    "a", "b", "x", ":", ": ", "- ", "-", "\n", "\n", "\n  ", "\n    ", "  ", " ", "[", "]", "{", "}", ",", ", ", "'",
    '"', "|", "|-", "|+", ">", ">-", "|2", "#", " #", "&a ", "*a", "*a ", "!!str ", "!!int ", "! ", "!x ", "<<",
    ": *a", "? ", "<<: *a", "?", "\t", "\r\n", "\r", "\x85", "\u2028", "\ufeff", "%", "@", "`", "0", "1", ".", "e",
    "_", "+", "~", "=", "yes", "null", "\\", "\\n", "\\x41", "\\u263a", "''", '"a"', "'b'", "é", "🔥", "\x07", "\x7f",
    "\ud7ff", "\ufffd", "\n- ", "\na: ", "\nb: ", "a: ", "b: ", "{a: 1}", "[a, b]", "!<tag:yaml.org,2002:str> ", "!!",
    "\n...\n", "\xa0", "%YAML 1.1\n---\n", "%YAML 1.2\n---\n", "%TAG ! tag:x,2000:\n---\n", "\n---\n", "--- ",
    "http://x:1?y=1", "\\/",
]  # fmt: skip


FRAMES = [("", ""), ("[", "]"), ("{", "}"), ("a:\n  ", "\n")]


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join), st.sampled_from(FRAMES))
@example("&a [*a]", ("", ""))
@example("- &a [&a b, *a]\n- *a\n", ("", ""))
@example("a: 1\n...\nb: 2\n", ("", ""))
@example("'a' b", ("", ""))
@generated
def test_texts(go: Go, text: str, frame: tuple[str, str]) -> None:
    check(go, text.join(frame))


PLAIN = st.sampled_from([*WORDS, "a", "b", "c", "d e"])


@st.composite
def _block(draw: st.DrawFn, depth: int = 3, indent: str = "") -> str:
    """A value as it stands after `key:` or `-`, with what comes before it on its line."""
    kind = draw(st.sampled_from(["plain", "quoted", "block", "list", "map", "alias", "flow"] if depth else ["plain"]))
    anchor = draw(st.sampled_from(["", "", " &a", " &b", " !!str", " !x"]))
    inner = indent + draw(st.sampled_from([" ", "  "]))
    if kind == "plain":
        return f"{anchor} {draw(PLAIN)}\n"
    if kind == "quoted":
        return f"{anchor} {json.dumps(draw(st.text(max_size=6)), ensure_ascii=draw(st.booleans()))}\n"
    if kind == "alias":
        return f" *{draw(st.sampled_from('ab'))}\n"
    if kind == "flow":
        return f"{anchor} [{draw(PLAIN)}, {{k: {draw(PLAIN)}}}]\n"
    if kind == "block":
        lines = draw(st.lists(st.sampled_from(["", "x", " y", "# z", "\tq", "e "]), max_size=4))
        head = draw(st.sampled_from(["|", ">", "|-", ">+", "|+", "|1"]))
        return f"{anchor} {head}\n" + "".join(f"{inner}{line}\n" for line in lines)
    items = draw(st.lists(_block(depth - 1, inner), min_size=1, max_size=3))
    if kind == "list":
        return f"{anchor}\n" + "".join(f"{inner}-{item}" for item in items)
    keys = [draw(PLAIN | st.sampled_from(["<<", "k1", "k2", "k3"])) for _ in items]
    return f"{anchor}\n" + "".join(f"{inner}{key}:{item}" for key, item in zip(keys, items, strict=True))


@given(st.lists(_block(), min_size=1, max_size=4))
@generated
def test_structures(go: Go, blocks: list[str]) -> None:
    check(go, "".join(f"top{number}:{block}" for number, block in enumerate(blocks)))


SEPARATORS = [
    "---\n",
    "--- # Source: x\n",
    "---   \n",
    "---\r\n",
    "---\n---\n",
    "...\n---\n",
    "# only a comment\n---\n",
]


@given(st.lists(st.tuples(st.sampled_from(SEPARATORS), _block()), min_size=1, max_size=3))
@generated
def test_streams(go: Go, documents: list[tuple[str, str]]) -> None:
    text = "".join(f"{separator}a:{block}" for separator, block in documents)
    answers = go.read(text, stream=True)
    found, refusal = ours(text, stream=True, last_wins=True)
    if any("error" in answer or answer["rest"] for answer in answers):
        assert refusal, (text, answers, found)
    elif not any(answer["collides"] for answer in answers) and not STRICTER.search(refusal):
        if any(answer["twice"] for answer in answers) and SHADOWED.search(refusal):
            return
        expected = [answer["json"] for answer in answers if answer["json"] is not None]
        assert same(found, expected), (text, answers, found or refusal)


TEXTS = (
    st.sampled_from(WORDS)
    | NUMERIC
    | st.text(max_size=8)
    | st.text("a \n\t:-#'\"\\\x85\u2028\ufeff\x00\x7f🔥", max_size=8)
)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False).map(scalars.number)
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS
BRANCHES = LEAVES | st.lists(LEAVES, max_size=3) | st.dictionaries(TEXTS, LEAVES, max_size=3)
VALUES = BRANCHES | st.lists(BRANCHES, max_size=3) | st.dictionaries(TEXTS, BRANCHES, max_size=3)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), st.booleans())
@example({"x" * 2000: 1}, False)
@generated
def test_what_is_written_reads_as_the_same(go: Go, value: dict[str, Any], indented: bool) -> None:
    text = yaml.dump(value, indented=indented)
    assert same(yaml.parse(text), value), text
    (answer,) = go.read(text)
    assert same(answer.get("json"), value), (text, answer)
    assert same(yaml.parse_all(yaml.dump_all([value, value])), [value, value])


def test_copies_of_copies_are_refused(go: Go) -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]
    text = "\n".join(lines)
    assert "excessive aliasing" in go.read(text)[0]["error"]
    assert ours(text)[1].endswith("too much of the document is copies of anchors")


@pytest.mark.parametrize("data", [b"a: \xff\n", b"\xef\xbb\xbfa: 1\n", "a: é\n".encode("utf-16")])
def test_bytes(data: bytes) -> None:
    """Go's side of it: decode_test.go of go.yaml.in/yaml/v2 reads UTF-16, and readerc.go refuses what isn't UTF-8."""
    if data[3:4] == b"\xff":
        with pytest.raises(PenstockError, match=r"^f:1:4: not YAML: invalid leading UTF-8 octet$"):
            yaml.parse(data, "f")
    else:
        assert yaml.parse(data, "f") in ({"a": 1}, {"a": "é"})
