"""The merged values of random chains of environments equal helmfile's own, with the shipped template."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from penstock.core.yaml import dump, parse
from penstock.hydrate import lineages
from penstock.platform import environments, lineage, values
from penstock.platform.layout import Layout
from penstock.tools import helmfile
from support import SHIPPED

pytestmark = pytest.mark.integration

_ENGINE = {"kubernetes": {"version": "1.35.5", "apiVersions": []}}
_HELMFILE = """\
bases: [../../environments/helmfile.yaml.gotmpl]
---
releases:
  - name: one
    chart: ../../charts/none
    values: [{{ .Values | toJson }}]
"""
# Few keys, so that files meet; null, empty and other types, since those are where merges differ.
KEYS = st.sampled_from(["a", "b", "c"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from(["", "text", "no"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(KEYS, inner, max_size=2)),
    max_leaves=6,
)
FILES = st.lists(st.dictionaries(KEYS, VALUES, max_size=3), min_size=1, max_size=5)


def platform(root: Path, files: list[dict[str, Any]]) -> tuple[Layout, str]:
    """A platform whose base.yaml is the first of these, and a chain of environments in folders with the others."""
    layout = Layout(root)
    for folder in ("environments", "components/one", "charts/none"):
        (root / folder).mkdir(parents=True)
    shutil.copy(SHIPPED.environments / "helmfile.yaml.gotmpl", layout.environments)
    (layout.components / "one/helmfile.yaml.gotmpl").write_text(_HELMFILE)
    (layout.charts / "none/Chart.yaml").write_text("apiVersion: v2\nname: none\nversion: 1.0.0\n")
    (layout.environments / "base.yaml").write_text(dump({**files[0], **_ENGINE}))
    name, extends = "root", ""
    for number, content in enumerate([*files[1:-1], files[-1] if len(files) > 1 else {}]):
        name = f"{extends}-e{number}" if extends else "root"
        path = layout.environments / f"{name.replace('-', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        head = f"extends: {extends}\n" if extends else "abstract: true\n" * (len(files) > 2)
        path.write_text(head + (dump(content) if content else ""))
        extends = name
    (root / "helmfile.yaml").write_text(dump({"environments": {name: {}}, "helmfiles": []}))
    lineages.write(layout, [name])
    return layout, name


def of_helmfile(layout: Layout, name: str, home: Path) -> Any:
    """The values that helmfile passes to templates, without what only chooses the files."""
    built = helmfile.build(layout.components / "one/helmfile.yaml.gotmpl", name, home)
    found = parse(built.removeprefix("---\n"), "helmfile build")["releases"][0]["values"][0]
    return {key: value for key, value in found.items() if key not in (*lineage.HEAD_KEYS, lineage.KEY)}


@given(files=FILES)
@example(files=[{"a": {"a": 1}}, {"a": 2}, {"a": {"b": None}, "b": None}, {"b": {"c": []}, "c": [None, 1]}])
@example(files=[{"a": [1, 2]}, {"a": []}, {"a": {}}, {"a": False}, {"a": ""}])
@example(files=[{"a": {"b": 1, "c": [1]}, "b": 2}, {"c": 3}, {"a": {"b": None, "c": None}, "b": None}])
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_merged_values_are_those_of_helmfile(files: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        layout, name = platform(Path(folder).resolve() / "platform", files)
        merged: environments.Values = {}
        for layer in environments.layers(layout, name).values():
            merged = environments.merged(merged, layer)
        assert merged == of_helmfile(layout, name, Path(folder))
        # What `inv values` prints are the leaves of the same.
        rebuilt: dict[str, Any] = {}
        for setting in values.settings(layout, name):
            inside = rebuilt
            for key in setting.path[:-1]:
                inside = inside.setdefault(key, {})
            inside[setting.path[-1]] = setting.value
        assert rebuilt == merged
