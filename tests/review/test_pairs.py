"""Each rule fires for its failing pair with the message in says.txt, and not for its passing pair."""

from __future__ import annotations

import pytest

from pair_support import PAIRS, step
from penstock.review import follows, immutable
from penstock.review.immutable import Pair
from penstock.review.risks.rule import every
from penstock.tools.apicheck import Verdict

RULES = {rule.rule.id.partition("/")[2]: rule for rule in every()}
# The API server's own code answers for these.
JUDGED = {"immutable", "invalid", "recreated"}


def accept(pairs: list[Pair], *_: object) -> list[Verdict]:
    return [Verdict() for _ in pairs]


def fired(name: str, case: str) -> list[str]:
    """The messages of a rule for one of its pairs, which must be a change."""
    one = step(PAIRS / name, case)
    assert one.deltas
    return [f"{hit.item}: {hit.text}" if hit.item else hit.text for hit in RULES[name].check(one)]


def test_every_rule_has_its_pairs() -> None:
    assert {path.name for path in PAIRS.iterdir()} == RULES.keys()


def test_there_are_forty_rules_of_every_class() -> None:
    assert len(RULES) >= 40
    assert {rule.risk for rule in RULES.values()} == {
        *("blocked", "data-loss", "outage", "privilege", "network", "supply-chain", "order", "visibility")
    }


def test_the_texts_of_the_rules_are_sentences() -> None:
    assert all(text.endswith(".") for rule in RULES.values() for text in rule.rule[1:])


@pytest.mark.parametrize("name", sorted(RULES.keys() - JUDGED))
def test_a_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follows, "verdicts", accept)
    assert fired(name, "fails") == (PAIRS / name / "says.txt").read_text().splitlines()
    assert fired(name, "passes") == []


@pytest.mark.integration
@pytest.mark.parametrize("name", sorted(JUDGED))
def test_a_rule_of_the_api_server(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follows, "verdicts", immutable.verdicts)
    assert fired(name, "fails") == (PAIRS / name / "says.txt").read_text().splitlines()
    assert fired(name, "passes") == []
