"""The providers are named in their own modules alone; everything else goes through the registry."""

from __future__ import annotations

import ast

from penstock.cluster.providers.choose import PROVIDERS
from penstock.platform.layout import ENGINE

PACKAGES = ("cluster", "gates", "gitops", "hydrate", "policies")
# A key of every Kubernetes object too.
AMBIGUOUS = {"kind"}


def test_no_other_module_names_a_provider() -> None:
    source = ENGINE / "scripts" / "penstock"
    found = [
        f"{file.relative_to(source)}:{node.lineno} {node.value}"
        for package in PACKAGES
        for file in sorted((source / package).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and node.value in PROVIDERS.keys() - AMBIGUOUS - {file.stem}
    ]
    assert found == []
