"""The generated files of environments, written without a dumper where no name needs quotes."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from penstock.core.yaml import dump
from penstock.platform.lineage import KEY, dumped

NAMES = st.text("abefnotuy019-./", min_size=1, max_size=6)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=3))
@example([("on", "on.yaml")])
@example([("null", "null.yaml")])
@example([("0x1f", "a/1e3.yaml")])
@example([("-", "~.yaml")])
def test_as_the_dumper_writes_it(pairs: list[tuple[str, str]]) -> None:
    listed = [{"name": name, "file": file} for name, file in pairs]
    assert dumped(listed) == dump({KEY: listed}, sort_keys=False, indented=True)
