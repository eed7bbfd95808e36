"""Large files are reported if they are staged; the size of other files doesn't matter."""

from __future__ import annotations

import pytest

from penstock.core.errors import Findings
from penstock.gates import sizes
from support import Platform, prove


@pytest.fixture
def inside(good: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.chdir(good.root)
    good.git("init", "--quiet", "--initial-branch=main")
    return good


def test_a_large_staged_file_is_reported(inside: Platform) -> None:
    inside.write("docs/a picture.png", "x" * (sizes.LIMIT + 1))
    inside.write("docs/small.txt", "x" * sizes.LIMIT)
    prove(sizes.sizes)
    inside.git("add", "--all")
    with pytest.raises(Findings) as caught:
        prove(sizes.sizes)
    assert caught.value.findings == ["docs/a picture.png: large: 512.0 KiB"]


def test_the_staged_size_counts(inside: Platform) -> None:
    file = inside.write("notes.txt", "x" * (sizes.LIMIT + 1))
    inside.git("add", "--all")
    file.write_text("small again")
    with pytest.raises(Findings):
        prove(sizes.sizes)


def test_a_submodule_is_no_file(inside: Platform) -> None:
    inside.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},elsewhere")
    prove(sizes.sizes)
