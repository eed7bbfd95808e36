"""inv values prints merged values with their places; inv environment-add writes an environment that extends another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleet_support import make_fleet
from penstock.core.errors import Findings, PenstockError
from penstock.core.yaml import parse
from penstock.platform import lineage
from penstock.verbs.environment_add import add_environment
from penstock.verbs.hydrate import update
from penstock.verbs.values import values
from support import Platform, copy_platform

SCHEMA = {
    "type": "object",
    "properties": {
        "who": {"type": "string"},
        "wear": {"type": "object"},
        "site": {"type": "object", "properties": {"hosts": {"type": "object", "x-own": True}}},
    },
}


@pytest.fixture
def fleet(tmp_path: Path) -> Platform:
    """The fleet, not hydrated."""
    return make_fleet(copy_platform("", tmp_path / "platform"))


def test_each_value_has_its_place(fleet: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    values("north-coast", "", as_json=False, platform=str(fleet.root))
    assert capsys.readouterr().out.splitlines() == [
        "KEY                     VALUE   FROM",
        "kubernetes.version      1.35.5  environments/base.yaml:2",
        "kubernetes.apiVersions  []      environments/base.yaml:3",
        "who                     wind    environments/north/coast.yaml:4",
        "wear.hat                1       environments/cold.yaml:5",
        "wear.gloves             2       environments/north.yaml:5",
        "cluster.name            coast   environments/north/coast.yaml:3",
    ]


def test_one_key_as_json_and_of_an_abstract_environment(fleet: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    values("cold", "wear", as_json=True, platform=str(fleet.root))
    assert json.loads(capsys.readouterr().out) == [
        {"key": "wear.hat", "value": 1, "file": "environments/cold.yaml", "line": 5}
    ]


def test_text_that_looks_like_another_type_is_quoted(fleet: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    fleet.write("environments/local.yaml", 'cluster: {name: local}\na: "true"\nb: true\nc: null\n')
    for key, shown in (("a", '"true"'), ("b", "true"), ("c", "null")):
        values("local", key, as_json=False, platform=str(fleet.root))
        assert capsys.readouterr().out.splitlines()[1].split()[:2] == [key, shown]


def test_an_unknown_key(fleet: Platform) -> None:
    with pytest.raises(PenstockError, match=r"there is no value `wear\.glove`") as caught:
        values("north", "wear.glove", as_json=False, platform=str(fleet.root))
    assert caught.value.hint == "did you mean `wear.gloves`?"


@pytest.mark.integration
def test_an_environment_is_added(good: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    make_fleet(good)
    good.write("environments/schema.json", json.dumps(SCHEMA))
    good.replace(
        "environments/north.yaml", "wear:", "site: {hosts: {web: north.example.com, log: log.example.com}}\nwear:"
    )
    good.replace(
        "environments/north/coast.yaml", "who:", "site: {hosts: {web: c.example.com, log: d.example.com}}\nwho:"
    )
    good.hydrate()
    capsys.readouterr()
    add_environment("north-hill", "north", platform=str(good.root))
    text = (good.root / "environments/north/hill.yaml").read_text()
    assert parse(text) == {
        "extends": "north",
        "cluster": {"name": "north-hill"},
        "site": {"hosts": {"web": "north-hill.example.com", "log": "log.example.com"}},
    }
    said = capsys.readouterr().out.splitlines()
    left = said[said.index("Left to do:") + 1 :]
    assert left[:3] == [
        "  environments/north/hill.yaml:5: cluster.name: check it, north has north",
        "  environments/north/hill.yaml:8: site.hosts.log: set it, it is that of north",
        "  environments/north/hill.yaml:9: site.hosts.web: check it, north has north.example.com",
    ]
    assert "log.example.com  # set it" in text.splitlines()[7]
    good.check(fast=True)
    assert good.layout.helmfile.read_text().startswith(
        "environments:\n  local: {}\n  north: {}\n  north-coast: {}\n  north-hill: {}\n\nhelmfiles:"
    )
    assert "hello winter" in (good.root / "manifests/north-hill/greeting/configmap-greeting.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "extends", "said", "hint"),
    [
        ("north-coast", "north", "there is an environment `north-coast` already", "another name"),
        ("North", "north", "`North` can't be the name of an environment", "lower-case"),
        ("lineage", "north", "`lineage` can't be the name of an environment", "lower-case"),
        ("hill", "nroth", "unknown environment `nroth`", "did you mean `north`?"),
        ("hill", "", "which environment does it extend?", "local, north, north-coast"),
    ],
)
def test_what_can_not_be_added(name: str, extends: str, said: str, hint: str, fleet: Platform) -> None:
    before = fleet.files("environments"), fleet.layout.helmfile.read_bytes()
    with pytest.raises(PenstockError) as caught:
        add_environment(name, extends, platform=str(fleet.root))
    assert said in caught.value.message
    assert hint in caught.value.hint
    assert (fleet.files("environments"), fleet.layout.helmfile.read_bytes()) == before


def test_a_list_in_one_line_is_refused(fleet: Platform) -> None:
    fleet.write("helmfile.yaml", "environments: {local: {}, north: {}}\nhelmfiles: []\n")
    with pytest.raises(PenstockError, match=r"helmfile.yaml: `environments` is not a list of lines"):
        add_environment("hill", "north", platform=str(fleet.root))


def test_nothing_stays_of_an_environment_that_does_not_hydrate(
    fleet: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        assert lineage.file(fleet.layout, "local-hill"), "hydration sees the new file"
        raise PenstockError("it doesn't render", "fix it")

    monkeypatch.setattr("penstock.verbs.environment_add.update", refuse)
    before = fleet.files("environments"), fleet.layout.helmfile.read_bytes()
    with pytest.raises(PenstockError, match="it doesn't render"):
        add_environment("local-hill", "local", platform=str(fleet.root))
    assert (fleet.files("environments"), fleet.layout.helmfile.read_bytes()) == before
    assert not (fleet.root / "environments/local").exists()


@pytest.mark.integration
def test_nothing_stays_of_one_that_is_interrupted_after_hydration(
    good: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any) -> None:
        update(*arguments)
        assert good.layout.tree("local-hill").is_dir()
        raise KeyboardInterrupt

    make_fleet(good)
    good.hydrate()
    before = good.files(".")
    monkeypatch.setattr("penstock.verbs.environment_add.update", interrupted)
    with pytest.raises(KeyboardInterrupt):
        add_environment("local-hill", "local", platform=str(good.root))
    assert good.files(".") == before


@pytest.mark.integration
def test_one_whose_output_nobody_reads_to_its_end_is_there(good: Platform) -> None:
    make_fleet(good)
    good.hydrate()
    good.unread("environment-add", "local-hill", "--extends", "local")
    assert good.layout.tree("local-hill").is_dir()
    good.check(fast=True)


@pytest.mark.integration
def test_every_environment_is_written_even_if_nobody_reads_the_list(good: Platform) -> None:
    make_fleet(good)
    good.unread("hydrate")
    good.check(fast=True)


@pytest.mark.integration
def test_a_value_of_another_cluster_is_refused(good: Platform) -> None:
    make_fleet(good)
    good.write("environments/schema.json", json.dumps(SCHEMA))
    good.write("environments/north/coast.yaml", "extends: north\n")
    good.replace("environments/north.yaml", "wear:", "site: {hosts: {web: n.example.com}}\nwear:")
    with pytest.raises(Findings) as caught:
        good.hydrate()
    assert caught.value.findings == [
        "environments/north/coast.yaml: `cluster.name` is that of north (environments/north.yaml:4)",
        "environments/north/coast.yaml: `site.hosts.web` is that of north (environments/north.yaml:5)",
    ]
    assert set(caught.value.rules) == {"hydrate/own"}
    # A template's may be shared, as base.yaml's.
    good.write("environments/north/coast.yaml", "extends: north\ncluster: {name: c}\nsite: {hosts: {web: c}}\n")
    good.replace("environments/cold.yaml", "who:", "site: {hosts: {log: shared}}\nwho:")
    good.hydrate()
