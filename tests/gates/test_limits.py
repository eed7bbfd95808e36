"""A gate that is limited to some environments proves those, and still what is true of the whole platform."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from penstock.gates.finding import Finding, Proven
from penstock.gates.registry import find
from penstock.platform.layout import Layout, Limit
from support import ENVIRONMENTS, SHIPPED

_LIMITS = (Limit("kind"),)


def _run(gate: str, platform: Layout) -> tuple[list[str], set[str]]:
    yielded = list(find(gate).check(platform))
    messages = [str(each) for each in yielded if isinstance(each, Finding)]
    return messages, {each.environment for each in yielded if isinstance(each, Proven)} - {""}


@pytest.mark.parametrize("gate", ["references", "dataflow", "network-policies"])
def test_a_limited_gate_proves_the_chosen_environments(gate: str) -> None:
    assert _run(gate, SHIPPED) == ([], set(ENVIRONMENTS))
    assert _run(gate, replace(SHIPPED, limits=_LIMITS)) == ([], {"kind"})
    assert _run(gate, replace(SHIPPED, limits=())) == ([], set())


@pytest.fixture
def with_declaration(tmp_path: Path) -> Layout:
    """The shipped platform, whose external.yaml also declares an object that nothing refers to."""
    for path in SHIPPED.root.iterdir():
        if path.name != "external.yaml":
            (tmp_path / path.name).symlink_to(path)
    text = (SHIPPED.root / "external.yaml").read_text()
    entry = "objects:\n  - {kind: Secret, name: idle, namespace: flux-system, providedBy: nobody}\n"
    (tmp_path / "external.yaml").write_text(text.replace("objects:\n", entry, 1))
    return Layout(tmp_path)


@pytest.mark.parametrize("gate", ["references", "network-policies"])
def test_what_is_not_checked_out_may_use_what_seems_unused(gate: str, with_declaration: Layout) -> None:
    trees = with_declaration.manifests
    trees.unlink()
    trees.mkdir()
    limited = replace(with_declaration, limits=_LIMITS)
    (trees / "kind").symlink_to(SHIPPED.tree("kind"))
    assert _run(gate, limited) == ([], {"kind"})


def test_an_unused_declaration_is_found_in_any_part_of_the_fleet(with_declaration: Layout) -> None:
    whole, _ = _run("references", with_declaration)
    assert len(whole) == 1
    assert "idle" in whole[0]
    assert _run("references", replace(with_declaration, limits=_LIMITS))[0] == whole
