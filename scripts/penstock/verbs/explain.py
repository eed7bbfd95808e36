"""inv explain RULE: print what a rule catches, why that matters, a failing example and the fix."""

from __future__ import annotations

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.gates.examples import examples
from penstock.gates.registry import MODULES, find, rules


def explain(rule: str) -> None:
    """Print the explanation of a rule, or the rules of a gate; raises PenstockError for an unknown one."""
    known = rules()
    if rule in MODULES:
        for each in find(rule).rules:
            console.out(f"{each.id}: {each.catches}")
        return
    if rule not in known:
        otherwise = f"`inv explain GATE` lists the rules of a gate: {', '.join(MODULES)}"
        raise PenstockError(f"unknown rule `{rule}`", did_you_mean(rule, known, otherwise))
    found, example = known[rule], examples().get(rule)
    console.out(f"{found.id}\n\n{found.catches}\n{found.why}\n")
    if example:
        lines = "\n".join(f"error: {line} [{rule}]" for line in example.says)
        console.out(f"For example:\n{_indented(example.diff)}\ngives\n{_indented(lines)}\n")
    console.out(f"Fix: {found.fix}")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
