"""The environments' values: each file has only its own ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from penstock.core.yaml import parse
from penstock.hydrate import values_schema
from penstock.platform import environments, lineage
from penstock.platform.layout import ENGINE, Layout

LAYOUT = Layout(ENGINE)
NAMES = environments.names(LAYOUT)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value that is no mapping, with its path."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    else:
        yield path, repr(value)


def own(name: str) -> dict[str, str]:
    path = lineage.of(LAYOUT, name)[-1].path
    return dict(leaves(parse(path.read_bytes(), path.name) or {}))


def test_a_value_that_all_environments_repeat_belongs_in_base() -> None:
    alone = [name for name in NAMES if len(lineage.names(LAYOUT, name)) == 1]
    shared = set.intersection(*(set(own(name).items()) for name in alone))
    assert not shared, "move these to environments/base.yaml"


@pytest.mark.parametrize("name", NAMES)
def test_no_environment_repeats_a_value_of_base(name: str) -> None:
    base = dict(leaves(parse((LAYOUT.environments / "base.yaml").read_bytes(), "base.yaml")))
    assert not set(own(name).items()) & set(base.items())


@pytest.mark.parametrize("name", NAMES)
def test_no_environment_repeats_a_value_of_one_that_it_extends(name: str) -> None:
    for extended in lineage.names(LAYOUT, name)[1:]:
        assert not set(own(name).items()) & set(own(extended).items())


@pytest.mark.parametrize("name", NAMES)
def test_the_values_fit_their_schema(name: str) -> None:
    values_schema.refuse_untyped(LAYOUT, name)


def test_no_template_uses_the_name_of_its_environment() -> None:
    """Differences between environments are values, not conditions on names."""
    shared = LAYOUT.environments / "helmfile.yaml.gotmpl"
    sources = [
        path
        for folder in (LAYOUT.components, LAYOUT.charts, LAYOUT.environments)
        for path in folder.rglob("*")
        if path.suffix in (".gotmpl", ".tpl", ".yaml") and path != shared
    ]
    assert len(sources) > 100
    asking = [
        f"{LAYOUT.relative(path)}:{number}"
        for path in sources
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "Environment" in line and "{{" in line
    ]
    assert asking == []


def test_an_environment_reads_its_own_name_only_for_its_own_file() -> None:
    text = (LAYOUT.environments / "helmfile.yaml.gotmpl").read_text()
    lines = [line.strip() for line in text.splitlines() if ".Environment" in line]
    assert lines == [
        "{{ .Environment.Name }}:",
        "- name: {{ .Environment.Name }}",
        "file: {{ .Environment.Name }}.yaml",
        '{{- if isFile (printf "../../environments/lineage/%s.yaml" .Environment.Name) }}',
        "- ../../environments/lineage/{{ .Environment.Name }}.yaml",
        "{{ .Environment.Name }}:",
    ]
