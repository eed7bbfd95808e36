"""The gate: the policies in the manifests allow the declared connections, and deny all others."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.errors import PenstockError
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.registry import gate
from penstock.platform import dataflow, environments
from penstock.platform.dataflow import Contract
from penstock.platform.layout import Layout
from penstock.platform.manifests import Parsed
from penstock.platform.rendered import Rendered, rendered
from penstock.policies import addresses, expected, sources
from penstock.policies import contract as network
from penstock.policies.actors import actors
from penstock.policies.contract import FILE, Connections
from penstock.policies.enforced import Enforced
from penstock.policies.evaluate import evaluate
from penstock.policies.parse import policies
from penstock.policies.peers import Peers

_HINT = "declare the connection, an arrow in dataflow.yaml or an edge in connections.yaml, then `inv network-policies`"
_DIFFERENT = Rule(
    "network-policies/connection",
    "A declared connection that the policies deny, or an undeclared one that they allow.",
    "Either the platform doesn't work, or a compromised pod reaches more than it needs.",
    "Declare it in dataflow.yaml or connections.yaml, then `inv network-policies`; or delete the policy's rule.",
)
_UNREACHABLE = Rule(
    "network-policies/address",
    "An address in a program's configuration that the policies deny.",
    "Every connection that the program attempts times out.",
    "Declare the connection, then `inv network-policies`; or remove the address from the configuration.",
)
_UNUSED = Rule(
    "network-policies/unused-edge",
    f"An edge of {FILE} that applies to no environment, or not to one that it lists.",
    "It may allow traffic that is not meant once a workload of that name appears.",
    "Delete the edge, or fix its `from` and `to`.",
)
_STALE = Rule(
    "network-policies/stale",
    "A generated policy that isn't what dataflow.yaml, connections.yaml and the manifests yield.",
    "The policies under review aren't the declared ones.",
    "Run `inv network-policies`, then `inv hydrate`.",
)


@gate("network-policies", rules=[_DIFFERENT, _UNREACHABLE, _UNUSED, _STALE])
def network_policies(platform: Layout) -> Iterator[Finding | Proven]:
    """The network policies allow exactly the declared connections."""
    declared = network.read(platform.root)
    if declared is None:
        yield Proven(f"{FILE} does not exist")
        return
    contract = dataflow.read(platform.root)
    parsed: Parsed = {}
    names = environments.names(platform)
    every = [rendered(platform, name, parsed) for name in names if platform.has_tree(name)]
    # An environment that isn't checked out may use an edge, and the generated policies are those of all.
    is_complete = len(every) == len(names)
    findings = [
        Finding(_UNUSED.id, line, "delete the edge, or fix its `from` and `to`", FILE)
        for line in (expected.unused(declared, every) if is_complete else ())
    ]
    proven = []
    chosen = environments.chosen(platform)
    for one in (each for each in every if each.environment in chosen):
        try:
            faults, count = _judged(contract, declared, one)
        except PenstockError as error:
            faults, count = [Finding(_DIFFERENT.id, error.message, error.hint or _HINT)], None
        findings += [fault.also_in((one.environment,)) for fault in faults]
        proven += [count] if count and not faults else []
    if not findings and is_complete:  # the same fault would be reported twice
        texts = sources.generate(contract, declared, every)
        findings = [
            Finding(_STALE.id, line, "run `inv network-policies`, then `inv hydrate`", path)
            for path, line in sources.stale(platform, texts)
        ]
    yield from findings
    yield from proven


def _judged(contract: Contract, declared: Connections, one: Rendered) -> tuple[list[Finding], Proven]:
    peers = Peers(declared, one)
    connections = expected.connections(contract, declared, one)
    present = policies(one)
    every = actors(peers)
    enforced = Enforced(every.every, present)
    verdicts = evaluate(every, connections, enforced)
    faults = [Finding(_DIFFERENT.id, line, _HINT) for line in verdicts.findings]
    faults += [Finding(_UNREACHABLE.id, line, _HINT) for line in addresses.unreachable(peers, every, enforced)]
    text = f"{len(connections)} connections allowed by {len(present)} policies"
    return faults, Proven(f"{text}, {verdicts.denied} others denied", one.environment)
