"""A platform hydrates to the same bytes wherever it lies, and with files of any name."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from penstock.core.files import plain_folder
from support import Platform

# What means something to a shell, a glob, a Go template, YAML, a URL, Git or a printf; and what isn't ASCII, or not
# even UTF-8.
PIECES = [
    *(" ", "'", '"', "`", "$HOME", "${X}", "%s", "%20", "&", ";", "|", "<", ">", "(", ")", "!", "~", "^", "\\", "\t"),
    *("*", "**", "?", "[a]", "[", "]", "{a,b}", "{", "}", "{{", "}}", "{{ .X }}", "{{/*", "<no value>"),
    *("#", " #", ":", ": ", "@", ",", "=", "- ", "&a", "*a", "...", "---", "null", "a://b", "ref+", "git@", "?ref=x"),
    *("é", "e\u0301", "日本", "🔥", "\u2028", "\u00a0", "\u202e", os.fsdecode(b"\xe9"), "\n"),
]


def somewhere(seed: int) -> Path:
    """A path of a few folders, made of pieces; every four seeds have all of them."""
    pieces = PIECES[seed % 4 :: 4]
    random.Random(seed).shuffle(pieces)
    parts = [pieces[start : start + 4] for start in range(0, len(pieces), 4)]
    return Path(*("x" + "".join(part).replace("/", "") + "y" for part in parts))


@pytest.mark.parametrize("seed", range(4))
def test_any_legal_path(seed: int, good: Platform, tmp_path: Path) -> None:
    before = good.files()
    moved = Platform(tmp_path / somewhere(seed) / "platform")
    shutil.copytree(good.root, moved.root)
    shutil.rmtree(moved.root / "manifests")
    moved.hydrate()
    assert moved.files() == before
    moved.check(fast=True)
    moved.git("init", "--quiet")
    moved.commit("Start")
    moved.check(fast=True)


def test_a_deep_path(good: Platform, tmp_path: Path) -> None:
    moved = Platform(tmp_path.joinpath(*["a" * 200] * 10) / "platform")
    shutil.copytree(good.root, moved.root)
    shutil.rmtree(moved.root / "manifests")
    moved.hydrate()
    assert moved.files() == good.files()


@pytest.mark.parametrize("name", ["a b", "日本", "-dash", ".hidden", "[x]", "{{ x }}", "a'b", "ü:#", "$x"])
def test_any_name_of_a_file_in_a_component(name: str, good: Platform) -> None:
    good.write(f"components/greeting/config/{name}/{name}.txt", "a file\n")
    good.write(f"charts/note/files/{name}.txt", "of a chart\n")
    good.write(f"components/spaces/kustomize/base/{name}.txt", "of a kustomization\n")
    good.write(
        "charts/note/templates/files.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: files, namespace: town}\ndata:\n"
        '{{- range $path, $text := .Files.Glob "files/*" }}\n  text: {{ printf "%s" $text | quote }}\n{{- end }}\n',
    )
    good.hydrate()
    assert "of a chart" in good.text("greeting/configmap-files.yaml")
    good.check(fast=True)


def test_temporary_files_lie_where_no_program_misreads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tmp_path / "{{ odd }} [x]"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    with plain_folder("test-") as folder:
        assert odd not in folder.parents
        assert folder.is_dir()
