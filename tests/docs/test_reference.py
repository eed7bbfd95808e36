"""The generated pages of docs/reference: they are what the code says, and what the generator makes of code."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

import pytest

from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import ENGINE
from penstock.docs import errors, errors_page, pages, verbs_page, words
from penstock.docs.comments import comments
from penstock.docs.sources import Package
from penstock.verbs.reference import reference


def package(folder: Path, **modules: str) -> Package:
    """A package `penstock` with these modules; `__` in a name is a folder."""
    for name, text in modules.items():
        path = folder / "penstock" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return Package(folder / "penstock")


def said(folder: Path, code: str, **others: str) -> list[tuple[str, str]]:
    """The messages and hints that code gives."""
    found = errors.entries(package(folder, core__example=code, **others))
    return [
        (words.shown(message), "; or: ".join(map(words.shown, entry.hints)))
        for entry in found
        for message in entry.messages
    ]


def checkout(folder: Path) -> Path:
    """A copy of what the pages are made of, and of the pages."""
    for name in ("scripts/penstock", "environments", "docs/reference"):
        shutil.copytree(ENGINE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tasks.py", "helmfile.yaml"):
        shutil.copy(ENGINE / name, folder / name)
    return folder


def test_the_pages_are_what_the_code_says() -> None:
    assert list(pages.stale()) == [], "run `inv reference`"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ([], "the pages are what the code says\n"),
        (["docs/reference/errors.md"], "  ~ docs/reference/errors.md\n1 page changed\n"),
    ],
)
def test_the_verb_says_what_it_wrote(
    changed: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pages, "write", lambda: changed)
    reference()
    assert capsys.readouterr().err == told


def test_every_verb_has_a_place_of_its_own() -> None:
    assert verbs_page.ungrouped(list(verbs_page.verbs(ENGINE / "tasks.py"))) == [], (
        "GROUPS of gates/reference/verbs_page.py"
    )


def test_a_new_error_makes_the_page_stale_until_it_is_written(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    assert pages.stale(root) == {}
    added = 'from penstock.core.errors import PenstockError\n\n\ndef f(name: str) -> None:\n    """."""\n'
    (root / "scripts/penstock/tools/new.py").write_text(
        f'{added}    raise PenstockError(f"no tap `{{name}}`", "open one")\n'
    )
    assert list(pages.stale(root)) == ["docs/reference/errors.md"]
    assert pages.write(root) == ["docs/reference/errors.md"]
    assert "### no tap `NAME`\n→ open one\n" in (root / "docs/reference/errors.md").read_text()
    assert pages.stale(root) == {}


def test_an_error_without_a_hint_is_a_fault(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    (root / "scripts/penstock/tools/new.py").write_text('raise PenstockError("the tap is shut")\n')
    with pytest.raises(Findings) as failed:
        pages.written(root)
    assert failed.value.findings == ["scripts/penstock/tools/new.py:1: an error without a hint: the tap is shut"]
    assert failed.value.hint


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
    tasks.write_text(tasks.read_text().replace('"how many, from the end (200)"', '"how many lines (200)"'))
    assert "| `-l TEXT`, `--lines TEXT` | how many lines (200) |" in pages.stale(root)["docs/reference/verbs.md"]


def test_outside_of_a_checkout_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(PenstockError, match="there is no docs/ here"):
        pages.written(tmp_path)


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ('PenstockError("plain", "do it")', "plain", "do it"),
        ('PenstockError(f"{layout.relative(path)} is gone", hint="find it")', "PATH is gone", "find it"),
        ('PenstockError(f"{item.name} of {item.kind}" + " is late", "wait")', "ITEM of KIND is late", "wait"),
        ("PenstockError(f\"no {', '.join(known)} here\", 'a')", "no KNOWN here", "a"),
        ('PenstockError("bad", f"did you mean {near[0]}?" if near else "none")', "bad", "did you mean NEAR?; or: none"),
        ("PenstockError(f\"{len(all)} thing{'s' if all else ''} lost\", 'find')", "NUMBER thing lost", "find"),
        ('CommandMissing("no such program", "install it")', "no such program", "install it"),
    ],
)
def test_message_and_hint_of_a_call(tmp_path: Path, code: str, message: str, hint: str) -> None:
    process = "class CommandMissing(PenstockError):\n    pass\n"
    assert said(tmp_path, f"def f():\n    raise {code}\n", core__process=process) == [(message, hint)]


def test_findings_are_followed_to_where_they_are_made(tmp_path: Path) -> None:
    code = """
        from penstock.core.other import more
        def f():
            findings = [f"{name} is old" for name in names]
            findings += more(names)
            findings.append("and that is all")
            raise Findings(sorted(findings), "renew them")
    """
    other = """
        FILE = "given.yaml"
        def more(names):
            for name in names:
                yield f"{FILE}: {name} is torn"
    """
    assert said(tmp_path, code, core__other=other) == [
        ("NAME is old", "renew them"),
        ("given.yaml: NAME is torn", "renew them"),
        ("and that is all", "renew them"),
    ]


def test_an_error_class_that_writes_its_own_message(tmp_path: Path) -> None:
    code = """
        class Failed(PenstockError):
            def __init__(self, result):
                super().__init__(f"{result.name} failed", f"it was {result.line}")
        def f(result):
            raise Failed(result)
    """
    assert said(tmp_path, code) == [("RESULT failed", "it was LINE")]


def test_one_that_endlessly_leads_to_itself_ends(tmp_path: Path) -> None:
    code = """
        def again(text):
            return again(text)
        def f():
            text = "so"
            text = text + again(text)
            raise PenstockError(f"it goes {text}", "stop")
    """
    assert said(tmp_path, code) == [("it goes TEXT", "stop")]


def test_a_message_is_known_again_by_its_template(tmp_path: Path) -> None:
    found = errors.entries(package(tmp_path, core__a='raise PenstockError(f"port {port} is taken{more}", "free it")\n'))
    pattern = words.pattern(found[0].messages[0])
    assert pattern.fullmatch("port 6443 is taken by etcd (pid 4)")
    assert not pattern.fullmatch("port 6443 is free")


def test_the_longest_beginning_says_which_area() -> None:
    assert errors_page.area_of("cluster/smoke/check.py") == "Smoke: `inv smoke`"
    assert errors_page.area_of("cluster/providers/kind.py").startswith("A cluster")
    assert errors_page.area_of("verbs/anything.py") == "Any verb"


def test_comments_belong_to_the_key_below() -> None:
    text = b"# Of the file.\n\na:\n  # Of b,\n  # at length.\n  b: 1\n  c: 2\n# Of d.\nd: [1]\n"
    assert comments(text) == {("a", "b"): "Of b, at length.", ("d",): "Of d."}
