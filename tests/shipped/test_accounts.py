"""The page on security says which components Flux applies with less than all rights, in every environment."""

from __future__ import annotations

import re

import pytest

from penstock.core.layout import ENGINE, Layout
from penstock.platform import environments
from penstock.platform.manifests import Manifests

LAYOUT = Layout(ENGINE)
_FLUX = "Flux itself"


def said() -> dict[str, str]:
    """Component -> the account that the page names."""
    page = (ENGINE / "docs" / "security.md").read_text()
    rows = re.findall(r"^\| ([a-z0-9, -]+) \| `?([\w -]+?)`? \| (.*?) ?\|$", page, re.MULTILINE)
    ours = [row for row in rows if row[1] == _FLUX or row[1].startswith("apply-")]
    assert [names for names, account, why in ours if bool(why) != (account == _FLUX)] == []
    return {name: account for names, account, _ in ours for name in names.split(", ")}


@pytest.mark.parametrize("environment", environments.names(LAYOUT))
def test_the_page_says_who_applies_each_component(environment: str) -> None:
    synced = Manifests(LAYOUT.tree(environment)).synced().values()
    real = {
        item["metadata"]["name"]: item["spec"].get("serviceAccountName", _FLUX)
        for item in synced
        if item["kind"] == "Kustomization"
    }
    assert real == {name: account for name, account in said().items() if name in real}


def test_the_page_names_no_component_that_is_gone() -> None:
    there = {name for each in environments.names(LAYOUT) for name in Manifests(LAYOUT.tree(each)).components}
    assert said().keys() == there
