"""Run one gate by name, with the same errors and exit codes as the verbs."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

from penstock.core.errors import PenstockError, reported


def _gates() -> dict[str, Callable[[], None]]:
    from penstock.gates import oracle, rehearsal, schema, sizes, workflows
    from penstock.gates.config.gate import config
    from penstock.gates.dataflow.gate import dataflow
    from penstock.gates.references.gate import references

    return {
        "actionlint": workflows.workflows,
        "config": config,
        "dataflow": dataflow,
        "hydrate-oracle": oracle.oracle,
        "kubeconform": schema.schema,
        "references": references,
        "rehearse": rehearsal.rehearse,
        "sizes": sizes.sizes,
    }


def main(words: list[str]) -> None:
    """Run the gate that `words` names; PenstockError when there is no such one."""
    if os.environ.get("PENSTOCK_DEBUG"):
        logging.basicConfig(level=logging.DEBUG)
    with reported(debug=bool(os.environ.get("PENSTOCK_DEBUG"))):
        gates = _gates()
        if len(words) != 1 or words[0] not in gates:
            raise PenstockError(f"no gate {' '.join(words) or 'was named'}", f"the gates are {', '.join(gates)}")
        gates[words[0]]()


if __name__ == "__main__":
    main(sys.argv[1:])
