"""The platform's contract: in every environment, a change of a setting that a hop reads breaks the hop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from penstock.core.errors import PenstockError
from penstock.gates.dataflow import proofs
from penstock.platform import dataflow, environments, lineage
from penstock.platform.dataflow import Ref, Step
from penstock.platform.layout import ENGINE, Layout
from penstock.platform.rendered import rendered
from penstock.platform.settings import Setting, Settings

LAYOUT = Layout(ENGINE)
CONTRACT = dataflow.read(ENGINE)


@dataclass(frozen=True)
class Broken(Settings):
    """The settings of an environment, one of which (by its number in a step) is changed; `seen` collects all."""

    number: int = -1
    wrong: str = ""
    seen: list[str] = field(default_factory=list)

    def read(self, ref: Ref) -> Setting:
        real = super().read(ref)
        self.seen.append(real.where)
        return Setting(real.where, [self.wrong]) if len(self.seen) - 1 == self.number else real


def shown(step: Step) -> str:
    return f"{step.kinds[0]} {[ref.node for ref in dataflow.refs(step)]}"


def wrong(step: Step, number: int) -> str:
    """What the setting is instead: a word that nothing else is; among the exceptions from instrumenting, everything."""
    return "*" if step.instrument and number == 1 else "somethingelse"


def unbreakable(environment: str) -> Iterator[str]:
    """Each setting that a proof reads, but that may have any value."""
    manifests = rendered(LAYOUT, environment)
    for arrow in CONTRACT.arrows:
        for step in arrow.proof:
            whole = Broken(CONTRACT, manifests)
            proofs.prove(whole, step)
            only_there = step.assert_ and step.assert_.equals is None and step.assert_.contains is None
            for number, where in enumerate([] if only_there else whole.seen):
                try:
                    proofs.prove(Broken(CONTRACT, manifests, number, wrong(step, number)), step)
                except PenstockError:
                    continue
                yield f"{dataflow.title(arrow, CONTRACT)}: {shown(step)}: {where}"


@pytest.mark.parametrize("environment", environments.names(LAYOUT))
def test_every_setting_of_a_hop_matters(environment: str) -> None:
    free = list(unbreakable(environment))
    # A store of the cloud is not among the manifests: nothing says what its end point and buckets have to be.
    named = {*lineage.names(LAYOUT, environment)}
    elsewhere = [f"→ {node.title} (" for node in CONTRACT.nodes.values() if named & node.outside.keys()]
    assert [line for line in free if not any(each in line for each in elsewhere)] == []
