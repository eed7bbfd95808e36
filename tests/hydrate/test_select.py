"""What a component depends on, and which components an environment has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from penstock.hydrate import select
from penstock.platform import environments
from penstock.platform.layout import Layout
from support import PLATFORMS


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """The good platform, not hydrated."""
    return Layout(Path(shutil.copytree(PLATFORMS / "good", tmp_path / "platform")))


def test_components_are_found_in_order(layout: Layout) -> None:
    (layout.components / "README.md").write_text("not a component")
    (layout.components / ".hidden").mkdir()
    assert [item.name for item in select.components(layout, "local")] == ["greeting", "spaces"]


def test_a_component_of_another_environment_alone_is_left_out(layout: Layout) -> None:
    assert [item.name for item in select.components(layout, "elsewhere")] == ["greeting"]


@pytest.mark.parametrize(
    ("path", "is_input"),
    [
        ("components/greeting/values.yaml.gotmpl", True),
        ("components/greeting/new/file", True),
        ("components/greeting/.env", True),
        ("charts/note/templates/new.yaml", True),
        ("charts/note/.helmignore", True),
        ("environments/local.yaml", True),
        ("environments/base.yaml", True),
        ("helmfile.yaml", False),
        ("environments/shared.yaml", True),
        ("environments/eks/nodes.yaml", False),
        ("environments/README.md", False),
        ("components/spaces/kustomize/base/town.yaml", False),
        ("charts/another/Chart.yaml", False),
        ("README.md", False),
        ("components/greeting/README.md", False),
        ("components/greeting/new/README.md", True),
        ("charts/note/README.md", True),
        ("components/greeting/values.yaml~", False),
        ("components/greeting/.DS_Store", False),
    ],
)
def test_what_a_component_depends_on(path: str, is_input: bool, layout: Layout) -> None:
    def digest() -> str:
        (greeting, _) = select.components(layout, "local")
        return select.Inputs(layout, "local").of(greeting, ["charts/note"])

    before = digest()
    assert digest() == before
    place = layout.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a") as file:
        file.write("\n# changed\n")
    assert (digest() != before) is is_input


@pytest.mark.parametrize(
    ("old", "new", "is_input"),
    [
        ("  local: {}\n", "  local: {}\n  another: {}\n", False),
        ("  local: {}\n", "  local: {values: [{who: you}]}\n", True),
        ("components/*/helmfile.yaml.gotmpl", "components/*/*.yaml.gotmpl", True),
    ],
)
def test_another_environment_in_the_list_changes_nothing_here(
    old: str, new: str, is_input: bool, layout: Layout
) -> None:
    before = select.Inputs(layout, "local").shared
    text = layout.helmfile.read_text()
    assert old in text
    layout.helmfile.write_text(text.replace(old, new))
    assert (select.Inputs(layout, "local").shared != before) is is_input


def test_a_file_that_moves_is_a_change(layout: Layout) -> None:
    greeting = select.components(layout, "local")[0]
    before = select.Inputs(layout, "local").of(greeting, [])
    (greeting.folder / "values.yaml.gotmpl").rename(greeting.folder / "v.yaml.gotmpl")
    assert select.Inputs(layout, "local").of(greeting, []) != before


def test_other_programs_make_everything_stale(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    before = select.Inputs(layout, "local").shared
    monkeypatch.setattr("penstock.tools.pins.Program.source_digest", "another")
    assert select.Inputs(layout, "local").shared != before


def test_environments(layout: Layout) -> None:
    assert environments.pick(layout, None) == ["local"]
    found = environments.read(layout, "local")
    assert (found.cluster.name, found.cluster.domain, found.kubernetes.version) == ("tiny", "cluster.local", "1.35.5")
