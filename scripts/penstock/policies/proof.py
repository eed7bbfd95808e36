"""The policies of the manifests, held to the connections: part of the gate `dataflow`."""

from __future__ import annotations

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.core.layout import Layout
from penstock.platform.dataflow import Contract
from penstock.platform.rendered import Rendered
from penstock.policies import addresses, expected, sources
from penstock.policies import contract as network
from penstock.policies.actors import actors
from penstock.policies.contract import Connections
from penstock.policies.enforced import Enforced
from penstock.policies.evaluate import judge
from penstock.policies.parse import policies
from penstock.policies.peers import Ends

HINT = "a connection is missing: an arrow in dataflow.yaml or an edge in connections.yaml, then `inv network-policies`"


def check(layout: Layout, contract: Contract, every: list[Rendered]) -> list[str]:
    """Findings of all environments; none where the platform has no connections.yaml."""
    found = network.read(layout.root)
    if found is None:
        return []
    findings = expected.idle(found, every)
    broken: dict[str, list[str]] = {}
    for rendered in every:
        try:
            lines = _judged(contract, found, rendered)
        except PenstockError as error:
            lines = [error.message]
        for line in lines:
            broken.setdefault(line, []).append(rendered.environment)
    findings += [f"{', '.join(where)}: {line}" for line, where in broken.items()]
    if not findings:  # what is broken would only be told twice
        stale = sources.stale(layout, sources.generate(contract, found, every))
        findings = [f"{line}: run `inv network-policies`" for line in stale]
    return findings


def _judged(contract: Contract, found: Connections, rendered: Rendered) -> list[str]:
    ends = Ends(found, rendered)
    connections = expected.connections(contract, found, rendered)
    there = policies(rendered)
    every = actors(ends)
    enforced = Enforced(every.every, there)
    verdicts = judge(every, connections, enforced)
    lines = [*verdicts.findings, *addresses.unreachable(ends, every, enforced)]
    if not lines:
        console.good(
            f"{rendered.environment}: {len(connections)} connections let through at both ends by {len(there)} "
            f"policies, {verdicts.denied} others denied"
        )
    return lines
