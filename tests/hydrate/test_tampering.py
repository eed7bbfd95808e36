"""Manifests that were changed by hand are noticed by both checks, and hydrating brings them back."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from penstock.core.errors import Findings
from support import Platform

CONFIGMAP = "greeting/configmap-greeting.yaml"


def edit(made: Platform) -> None:
    (made.tree / CONFIGMAP).write_text(made.text(CONFIGMAP).replace("hello", "goodbye"))


def delete(made: Platform) -> None:
    (made.tree / CONFIGMAP).unlink()


def add(made: Platform) -> None:
    (made.tree / "greeting" / "configmap-mine.yaml").write_text("kind: ConfigMap\n")


def add_a_folder(made: Platform) -> None:
    made.write("manifests/local/mine/configmap-mine.yaml", "kind: ConfigMap\n")


def edit_flux(made: Platform) -> None:
    path = made.tree / "flux-system" / "kustomization-greeting.yaml"
    path.write_text(path.read_text().replace("prune: true", "prune: false"))


def edit_an_index(made: Platform) -> None:
    (made.tree / "greeting" / "kustomization.yaml").write_text("resources: []\n")


def replace_by_a_link(made: Platform) -> None:
    (made.tree / CONFIGMAP).rename(made.root / "aside.yaml")
    (made.tree / CONFIGMAP).symlink_to(made.root / "aside.yaml")


HANDS = [
    (edit, f"{CONFIGMAP} was edited by hand", f"{CONFIGMAP}: stale, or edited by hand"),
    (delete, f"{CONFIGMAP} is missing: it was deleted by hand", f"{CONFIGMAP}: missing: its sources render it"),
    (
        add,
        "greeting/configmap-mine.yaml is an extra file",
        "greeting/configmap-mine.yaml: an extra file",
    ),
    (add_a_folder, "mine/configmap-mine.yaml is an extra file", "mine/configmap-mine.yaml: an extra file"),
    (
        edit_flux,
        "flux-system/kustomization-greeting.yaml was edited",
        "flux-system/kustomization-greeting.yaml: stale",
    ),
    (edit_an_index, "greeting/kustomization.yaml was edited", "greeting/kustomization.yaml: stale"),
    (replace_by_a_link, f"{CONFIGMAP} was edited by hand", f"{CONFIGMAP}: stale, or edited by hand"),
]


@pytest.mark.parametrize(("hand", "fast", "full"), HANDS, ids=[hand[0].__name__ for hand in HANDS])
def test_what_was_done_by_hand_is_found_and_undone(
    hand: Callable[[Platform], None], fast: str, full: str, good: Platform
) -> None:
    before = good.files()
    hand(good)
    for is_fast, said in ((True, fast), (False, full)):
        with pytest.raises(Findings) as caught:
            good.check(is_fast)
        assert len(caught.value.findings) == 1
        assert caught.value.message.startswith(f"manifests/local/{said}")
        assert caught.value.hint.startswith("run `inv hydrate")
    good.hydrate()
    assert good.files() == before
    assert not (good.tree / CONFIGMAP).is_symlink()
    good.check(fast=True)
    good.check()


def test_another_component_that_was_damaged_is_mended_too(good: Platform) -> None:
    """`-c` keeps the files of the others, so they have to be there."""
    before = good.files()
    (good.tree / "spaces" / "namespace-town.yaml").unlink()
    good.hydrate("greeting")
    assert good.files() == before


def test_a_source_that_changed_is_stale_for_both_checks(good: Platform) -> None:
    good.write("components/greeting/values.yaml.gotmpl", "text: changed\n")
    with pytest.raises(Findings, match=r"^components/greeting changed since manifests/local/greeting was hydrated$"):
        good.check(fast=True)
    with pytest.raises(Findings, match=rf"^manifests/local/{CONFIGMAP}: stale"):
        good.check()
    good.hydrate()
    good.check(fast=True)


@pytest.mark.parametrize(
    "path", ["environments/local.yaml", "environments/base.yaml", "environments/helmfile.yaml.gotmpl"]
)
def test_what_all_components_share_makes_them_all_stale(path: str, good: Platform) -> None:
    with (good.root / path).open("a") as file:
        file.write("# a comment\n")
    assert "components/greeting" in good.findings()[0] or "greeting, spaces" in good.findings()[0]
    good.hydrate()
    assert good.findings() == []


def test_a_hidden_file_counts_and_what_an_editor_leaves_does_not(good: Platform) -> None:
    for name in (".DS_Store", "values.yaml~", ".values.yaml.swp", ".#values.yaml"):
        good.write(f"components/greeting/{name}", "")
    assert good.findings() == []
    good.write("charts/note/.helmignore", "templates/\n")
    assert good.findings() == ["components/greeting changed since manifests/local/greeting was hydrated"]


def test_a_json_check_prints_the_findings_as_data(good: Platform) -> None:
    edit(good)
    ran = good.run("hydrate-check", "--fast", "--json")
    assert ran.returncode == 1
    assert ran.stdout == f'["manifests/local/{CONFIGMAP} was edited by hand"]\n'


def test_the_fast_check_needs_no_tool(good: Platform) -> None:
    """It runs as a pre-commit hook, on machines that have none."""
    ran = good.run("hydrate-check", "--fast", env={"PATH": os.devnull, "XDG_CACHE_HOME": str(good.root / "none")})
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    assert not (good.root / "none").exists()


def test_a_merge_conflict_is_called_one(good: Platform) -> None:
    text = good.text(CONFIGMAP)
    (good.tree / CONFIGMAP).write_text(f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n")
    assert good.findings() == [f"manifests/local/{CONFIGMAP} has a merge conflict"]


def test_nothing_was_hydrated_yet(good: Platform) -> None:
    (good.tree / "penstock.lock").unlink()
    with pytest.raises(Findings, match="manifests/local was never hydrated"):
        good.check(fast=True)
