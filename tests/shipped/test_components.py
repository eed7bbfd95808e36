"""The shipped components keep to one form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support import SHIPPED

OTHER = {"helmfile.yaml.gotmpl", "hooks.yaml", "secrets.yaml", "upstream.yaml", "README.md"}
COMPONENTS = sorted(path for path in SHIPPED.components.iterdir() if path.is_dir())


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda path: path.name)
def test_values_files_are_named_by_one_rule(component: Path) -> None:
    """values.yaml, or values-RELEASE.yaml where a component has several releases; `.gotmpl` where it is a template."""
    names = [path.name for path in component.iterdir() if path.is_file() and path.name not in OTHER]
    assert [name for name in names if not re.fullmatch(r"values(-[a-z0-9-]+)?\.yaml(\.gotmpl)?", name)] == []
