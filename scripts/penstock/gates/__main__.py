"""Run one gate by name, with the same errors and exit codes as the verbs."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

from penstock.core.errors import PenstockError, reported


def _gates() -> dict[str, Callable[[list[str]], None]]:
    from penstock.gates import actionlint, hydrate_oracle, rehearse, sizes
    from penstock.gates.config.gate import config
    from penstock.gates.dataflow.gate import dataflow
    from penstock.gates.e2e.gate import e2e
    from penstock.gates.kubeconform.gate import kubeconform
    from penstock.gates.references.gate import references

    gates = {
        "actionlint": actionlint.workflows,
        "config": config,
        "dataflow": dataflow,
        "hydrate-oracle": hydrate_oracle.oracle,
        "kubeconform": kubeconform,
        "references": references,
        "rehearse": rehearse.rehearse,
        "sizes": sizes.sizes,
    }
    return dict(sorted({"e2e": e2e, **{name: _alone(name, gate) for name, gate in gates.items()}}.items()))


def _alone(name: str, gate: Callable[[], None]) -> Callable[[list[str]], None]:
    """A gate that takes no words, as one that refuses them."""

    def run(words: list[str]) -> None:
        if words:
            raise PenstockError(f"the gate {name} takes no {' '.join(words)}", f"python -m penstock.gates {name}")
        gate()

    return run


def main(words: list[str]) -> None:
    """Run the gate that `words` names; PenstockError when there is no such one."""
    if os.environ.get("PENSTOCK_DEBUG"):
        logging.basicConfig(level=logging.DEBUG)
    with reported(debug=bool(os.environ.get("PENSTOCK_DEBUG"))):
        gates = _gates()
        if not words or words[0] not in gates:
            raise PenstockError(f"no gate {' '.join(words) or 'was named'}", f"the gates are {', '.join(gates)}")
        gates[words[0]](words[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
