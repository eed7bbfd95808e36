"""Leftovers are part of nothing: not of a digest, not of a render, not of a tree."""

from __future__ import annotations

import pytest

from penstock.core.errors import Findings
from penstock.gates import hydrate_oracle
from support import Platform, prove

LEFT = ["{}~", "#{}#", ".#{}", ".{}.swp", "._{}", ".DS_Store", "Thumbs.db"]
NOT_YAML = "\0: {{ nothing that Helm, helmfile or Kustomize reads"


def leave(made: Platform, folder: str, name: str) -> None:
    for pattern in LEFT:
        if pattern == ".#{}":
            (made.root / folder / ".#lock").symlink_to("somebody@somewhere.1:2")
        else:
            made.write(f"{folder}/{pattern.format(name)}", NOT_YAML)


FOLDERS = [
    ("components/greeting", "values.yaml.gotmpl"),
    ("components/spaces/kustomize/base", "town.yaml"),
    ("components/spaces/kustomize/overlays/local", "kustomization.yaml"),
    ("charts/note", "values.yaml"),
    ("charts/note/templates", "configmap.yaml"),
    ("charts/note/crds", "crd.yaml"),
    ("environments", "local.yaml"),
    ("manifests/local", "penstock.lock"),
    ("manifests/local/greeting", "configmap-greeting.yaml"),
]


def test_leftovers_change_nothing(good: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    before = good.files()
    for folder, name in FOLDERS:
        leave(good, folder, name)
    good.check(fast=True)
    good.check()
    monkeypatch.chdir(good.root)
    prove(hydrate_oracle.hydrate_oracle)
    # An input that did change: all is rendered, and the leftovers are still part of nothing.
    good.write("charts/note/README.md", "read me\n")
    good.hydrate()
    after = {path: data for path, data in good.files().items() if not path.endswith(".lock")}
    assert {path: data for path, data in after.items() if path in before} == {
        path: data for path, data in before.items() if not path.endswith(".lock")
    }


def test_a_chart_reads_no_leftovers(good: Platform) -> None:
    good.write(
        "charts/note/templates/files.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: files, namespace: town}\ndata:\n"
        '{{ (.Files.Glob "files/*").AsConfig | indent 2 }}\n',
    )
    good.write("charts/note/files/a.txt", "a")
    good.write("charts/note/files/a.txt~", "older")
    good.write("charts/note/files/.DS_Store", "desktop")
    good.hydrate()
    text = good.text("greeting/configmap-files.yaml")
    assert "a.txt: a" in text
    assert "older" not in text
    assert "DS_Store" not in text


@pytest.mark.parametrize("left", [None, ".DS_Store", "values.yaml~"])
def test_a_folder_with_nothing_but_leftovers_is_no_component(left: str | None, good: Platform) -> None:
    (good.root / "components" / "echo" / "config").mkdir(parents=True)
    if left:
        good.write(f"components/echo/config/{left}", "left")
    good.check(fast=True)
    good.check()
    good.write("components/echo/notes.txt", "unfinished")
    with pytest.raises(Exception, match="components/echo has neither helmfile"):
        good.check(fast=True)


def test_what_a_merge_leaves_is_an_input(good: Platform) -> None:
    good.write("components/greeting/values.yaml.gotmpl.orig", "text: before the merge\n")
    with pytest.raises(Findings, match="components/greeting changed since"):
        good.check(fast=True)
