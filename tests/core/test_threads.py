"""Threads may read values of the same type: msgspec alone crashes when two of them meet a type for the first time."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.core import model
from penstock.platform.layout import ENGINE

PACKAGE = ENGINE / "scripts" / "penstock"
# Types are new in every round, and threads take turns as often as they can.
RACE = """
import sys, threading
from typing import Any
import msgspec
from penstock.core import model

sys.setswitchinterval(1e-6)
values: dict[str, Any] = {"name": "a", "inner": [{"name": "b", "more": {"c": {"name": "d"}}}]}
text = msgspec.json.encode(values)
for _ in range(150):
    leaf = msgspec.defstruct("Leaf", [("name", str)])
    inner = msgspec.defstruct("Inner", [("name", str), ("more", dict[str, leaf], {})])
    outer = msgspec.defstruct("Outer", [("name", str), ("inner", list[inner], []), ("other", list[leaf], [])])
    start = threading.Barrier(6)

    def read(number: int, outer: Any = outer) -> None:
        start.wait()
        found = model.decode(text, outer) if number % 2 else model.convert(values, outer, "values")
        assert found.inner[0].more["c"].name == "d"

    threads = [threading.Thread(target=read, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("done")
"""


def test_threads_that_read_a_new_type_do_not_crash() -> None:
    done = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.parametrize(
    "path", [path for path in PACKAGE.rglob("*.py") if path != Path(model.__file__)], ids=lambda path: path.stem
)
def test_typed_values_are_read_by_core_model_alone(path: Path) -> None:
    """A Decoder that is made at import is fine too: imports have a lock of their own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            typed = any(keyword.arg == "type" for keyword in node.keywords)
            assert not (called == "msgspec.json.decode" and typed), f"line {node.lineno}: use core.model.decode"
            assert called != "msgspec.convert", f"line {node.lineno}: use core.model.convert"
