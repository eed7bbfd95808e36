"""What a file outside environments/ declares for an environment also applies to those that extend it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from fleet_support import NAMES, make_fleet
from penstock.core.errors import PenstockError
from penstock.hydrate import hooks
from penstock.kube.ref import ObjectRef
from penstock.platform import environments, external, lineage
from penstock.platform.dataflow import Contract, Node
from penstock.platform.rendered import Rendered
from penstock.platform.settings import Settings
from penstock.policies import sources
from penstock.policies.contract import Connections, Destination, NamedPeer, Scrapes
from penstock.review.model import Risk
from penstock.review.settings import Disabled
from support import PLATFORMS, Platform

OUTSIDE = Node(title="Town", workload="town/hall", container="hall", outside={"cold": "a hut", "north": "a cabin"})


@pytest.fixture
def fleet(tmp_path: Path) -> Platform:
    """The fleet, not hydrated."""
    return make_fleet(Platform(Path(shutil.copytree(PLATFORMS / "good", tmp_path / "platform"))))


def test_the_environments_that_an_entry_may_name(fleet: Platform) -> None:
    assert environments.known(fleet.layout) == ["cold", *NAMES]


def test_external_objects(fleet: Platform) -> None:
    fleet.write(
        "external.yaml",
        "objects:\n- {kind: Secret, name: fur, namespace: town, providedBy: bears, environments: [cold]}\n"
        "- {kind: Secret, name: net, namespace: town, providedBy: boats, environments: [north-coast]}\n",
    )
    objects = external.declared(fleet.layout, environments.known(fleet.layout)).objects
    found = {name: [each.name for each in objects if each.is_for(lineage.names(fleet.layout, name))] for name in NAMES}
    assert found == {"local": [], "north": ["fur"], "north-coast": ["fur", "net"]}
    fleet.replace("external.yaml", "[cold]", "[clod]")
    with pytest.raises(PenstockError, match="unknown environment `clod`; did you mean `cold`"):
        external.declared(fleet.layout, environments.known(fleet.layout))


def test_hooks_that_an_heir_may_lack(fleet: Platform) -> None:
    fleet.write(
        "components/greeting/hooks.yaml",
        "hooks:\n- {kind: Job, name: warm, namespace: town, action: omit, environments: [north]}\n",
    )
    folder, known = fleet.layout.components / "greeting", environments.known(fleet.layout)
    read = {name: hooks.read(folder, lineage.names(fleet.layout, name), known) for name in NAMES}
    assert [len(read[name].decisions) for name in NAMES] == [0, 1, 1]
    assert read["north-coast"].decisions[0].means(ObjectRef("batch", "Job", "town", "warm"))
    with pytest.raises(PenstockError, match="Job town/warm is no hook of Helm here"):
        hooks.decide(read["north"], [])
    hooks.decide(read["north-coast"], [])


def test_the_nearest_replacement_of_a_node() -> None:
    def replacement(environment: str, *extends: str) -> str:
        rendered = Rendered(environment, "cluster.local", (), (), extends)
        return Settings(Contract(nodes={"town": OUTSIDE}, arrows=[]), rendered).replacement("town")

    assert replacement("local") == ""
    assert replacement("south", "cold") == "a hut"
    assert replacement("north-coast", "north", "cold") == "a cabin"


def test_rules_that_are_switched_off() -> None:
    risk = Risk(
        rule="review/a", risk="order", severity="high", environment="", object="", name="x", message="", fix="", file=""
    )
    off = Disabled(rule="review/a", reason="known", environments=["north"])
    assert off.covers(risk, ("north-coast", "north", "cold"))
    assert not off.covers(risk, ("cold",))


def test_policies_are_generated_once_for_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """An overlay that equals the inherited one isn't written."""
    texts = {"north": "a", "north-coast": "a", "north-hill": "b", "north-hill-top": "b"}
    monkeypatch.setattr(sources, "_files", lambda _c, _d, one: {"town.yaml": texts[one.environment]})
    peer = Destination(to="x", ports=[])
    connections = Connections(
        peers={"x": NamedPeer(pods="x")}, dns=peer, api=peer, gateway="x", nodes="x", outside=peer,
        scrapes=Scrapes(from_="x", port_name="x", annotation="x"),
    )  # fmt: skip
    one = Rendered("north", "cluster.local", (), (), ("cold",))
    every = [
        replace(one, environment="north-hill-top", extends=("north-hill", "north", "cold")),
        replace(one, environment="north-hill", extends=("north", "cold")),
        replace(one, environment="north-coast", extends=("north", "cold")),
        one,
    ]
    found = sources.generate(Contract(nodes={}, arrows=[]), connections, every)
    assert sorted(Path(path).parent.name for path in found) == ["north", "north-hill"]
