"""The registry of risk rules."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from penstock.core.rule import Rule
from penstock.review.model import Class, Severity
from penstock.review.step import Step
from penstock.review.trees import Item

_MODULES = (
    *("blocked", "data_loss", "outage", "services", "privilege", "rbac", "network", "supply_chain", "order"),
    "visibility",
)


class Hit(NamedTuple):
    """An object with a risk, and the message about it; None stands for the whole environment."""

    item: Item | None
    text: str


Check = Callable[[Step], Iterator[Hit]]


class RiskRule(NamedTuple):
    """A rule with its class, its severity and the function that finds it."""

    rule: Rule
    risk: Class
    severity: Severity
    check: Check


_RULES: dict[str, RiskRule] = {}


def risk(name: str, kind: Class, severity: Severity, catches: str, why: str, fix: str) -> Callable[[Check], Check]:
    """Register a function as the rule review/`name`; its texts are those of `inv explain`."""

    def register(check: Check) -> Check:
        _RULES[name] = RiskRule(Rule(f"review/{name}", catches, why, fix), kind, severity, check)
        return check

    return register


def every() -> list[RiskRule]:
    """Return all rules, by class."""
    for name in _MODULES:
        importlib.import_module(f"penstock.review.risks.{name}")
    return list(_RULES.values())
