"""The generated pages of docs/reference: they are what the code says, and what the generator makes of code."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from penstock.core.errors import PenstockError
from penstock.docs import pages, verbs_page
from penstock.docs.comments import comments
from penstock.gates import examples
from penstock.platform.layout import ENGINE
from penstock.verbs.reference import reference


def checkout(folder: Path) -> Path:
    """A copy of what the pages are made of, and of the pages."""
    for name in ("scripts/penstock", "environments", "manifests", "docs/reference", examples.PLATFORMS):
        shutil.copytree(ENGINE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    readmes = [str(path.relative_to(ENGINE)) for path in ENGINE.glob("components/*/README.md")]
    for name in ("tasks.py", "helmfile.yaml", *examples.FILES, *readmes):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ENGINE / name, folder / name)
    return folder


def test_the_pages_are_what_the_code_says() -> None:
    assert list(pages.stale()) == [], "run `inv reference`"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ([], "the pages are what the code says\n"),
        (["docs/reference/rules.md"], "  ~ docs/reference/rules.md\n1 page changed\n"),
    ],
)
def test_the_verb_says_what_it_wrote(
    changed: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pages, "write", lambda: changed)
    reference()
    assert capsys.readouterr().err == told


def test_every_verb_has_a_place_of_its_own() -> None:
    assert verbs_page.ungrouped(list(verbs_page.verbs(ENGINE / "tasks.py"))) == [], "GROUPS of docs/verbs_page.py"


def test_an_example_that_changed_makes_the_page_stale_until_it_is_written(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    path = root / examples.FILES[0]
    path.write_text(path.read_text().replace("text: bye", "text: good-bye", 1))
    assert pages.write(root) == ["docs/reference/rules.md"]
    assert pages.stale(root) == {}


def test_a_changed_setting_makes_the_page_stale(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    base = root / "environments/base.yaml"
    base.write_text(base.read_text().replace("  # true: plain HTTP.", "  # true: nobody encrypts."))
    row = (
        r"`objectStorage\.insecure` \| true or false \| `true` \| .*production.*: `false` \| true: nobody encrypts\. \|"
    )
    assert re.search(row, pages.stale(root)["docs/reference/settings.md"])


def test_a_changed_verb_makes_the_page_stale(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    tasks = root / "tasks.py"
    tasks.write_text(
        tasks.read_text()
        + """
from penstock.cli.verb import verb

def rinse(_, name, lines: int = 200, all_of_it: bool = False) -> None:
    \"\"\"Wash the log.\"\"\"

namespace.add_task(verb(help={"name": "of a log", "lines": "how many (200)", "all_of_it": "every line"})(rinse))
"""
    )
    stale = pages.stale(root)["docs/reference/verbs.md"]
    assert "## Others\n\n### inv rinse NAME\nWash the log.\n" in stale
    assert "| `-l NUMBER`, `--lines NUMBER` | how many (200) |" in stale
    assert "| `-a`, `--all-of-it` | every line |" in stale


def test_outside_of_a_checkout_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(PenstockError, match="there is no docs/ here"):
        pages.written(tmp_path)


def test_comments_belong_to_the_key_below() -> None:
    text = b"# Of the file.\n\na:\n  # Of b,\n  # at length.\n  b: 1\n  c: 2\n# Of d.\nd: [1]\n"
    assert comments(text) == {("a", "b"): "Of b, at length.", ("d",): "Of d."}
