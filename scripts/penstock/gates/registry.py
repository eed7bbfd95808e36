"""The gates by name. A gate is an entry in MODULES, and a module with one function decorated with `gate`."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.core.errors import PenstockError
from penstock.core.nearest import did_you_mean
from penstock.gates.finding import Finding, Proven, Rule
from penstock.platform.layout import Layout

Check = Callable[[Layout], Iterator[Finding | Proven]]
# Name -> module below penstock.gates, in the order in which `inv test` runs them.
MODULES = {
    "hydrate-check": "hydrate_check",
    "hydrate-oracle": "hydrate_oracle",
    "kubeconform": "kubeconform.gate",
    "references": "references.gate",
    "dataflow": "dataflow.gate",
    "network-policies": "network_policies",
    "config": "config.gate",
    "fidelity": "fidelity.gate",
    "review": "review",
    "rehearse": "rehearse",
    "rehearse-upgrade": "rehearse_upgrade",
    "actionlint": "actionlint",
    "sizes": "sizes",
}
# The session `lint` runs these two.
SESSIONS = [name for name in MODULES if name not in ("actionlint", "sizes")]
# `inv test` doesn't run them, CI does: one needs the network, the other a change, and minutes for each environment.
CI_ONLY = ("fidelity", "rehearse-upgrade")


@dataclass(frozen=True)
class Gate:
    """A gate: `check` yields findings and proofs, `needs` names the programs that it runs."""

    name: str
    check: Check
    needs: tuple[str, ...]
    rules: tuple[Rule, ...]


_GATES: dict[str, Gate] = {}


def gate(name: str, *, rules: Iterable[Rule], needs: Iterable[str] = ()) -> Callable[[Check], Check]:
    """Register a function as the gate `name`."""

    def register(check: Check) -> Check:
        _GATES[name] = Gate(name, check, tuple(needs), tuple(rules))
        return check

    return register


def proves(name: str) -> str:
    """What a gate proves, in one sentence: the docstring of its function, read without importing what it needs."""
    path = Path(__file__).parent / f"{MODULES[name].replace('.', '/')}.py"
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    (function,) = (node for node in functions if node.name == name.replace("-", "_"))
    return (ast.get_docstring(function) or "").partition("\n")[0]


def find(name: str) -> Gate:
    """The gate `name`; raises PenstockError if there is none."""
    if name not in MODULES:
        known = f"the gates are {', '.join(sorted(MODULES))}"
        raise PenstockError(f"unknown gate `{name}`" if name else "no gate given", did_you_mean(name, MODULES, known))
    importlib.import_module(f"penstock.gates.{MODULES[name]}")
    return _GATES[name]


def rules() -> dict[str, Rule]:
    """Every rule by its id, in the order of the gates."""
    return {rule.id: rule for name in MODULES for rule in find(name).rules}
