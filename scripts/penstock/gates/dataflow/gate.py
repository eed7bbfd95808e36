"""The gate: proves every arrow in every environment, prints the evidence, and names the hop that is broken.

Then it holds the network policies to the arrows: each is let through, and nothing else.
"""

from __future__ import annotations

from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import find_platform
from penstock.gates.dataflow import pictures, proofs
from penstock.kube.read import Reader
from penstock.platform import dataflow as contract
from penstock.platform import environments
from penstock.platform.dataflow import Arrow, Contract
from penstock.platform.rendered import rendered
from penstock.platform.settings import Settings
from penstock.policies import proof


def dataflow() -> None:
    """Findings for every arrow with a broken hop, and for every picture that shows something else."""
    layout = find_platform()
    found = contract.read(layout.root)
    every = environments.names(layout)
    unknown = contract.strangers(found, every)
    if unknown:
        raise Findings(unknown, "mend the entry")
    broken: dict[str, list[str]] = {}
    reader = Reader()
    manifests = [rendered(layout, name, reader) for name in every]
    for one in manifests:
        settings, name = Settings(found, one), one.environment
        lines = [line for arrow in found.arrows for line in _prove(settings, found, arrow)]
        if not lines:
            console.good(f"{name}: {len(found.arrows)} arrows, every hop proven")
        for line in lines:
            broken.setdefault(line, []).append(name)
    findings = [f"{', '.join(where)}: {line}" for line, where in broken.items()]
    findings += pictures.stale(layout.root, found)
    if not findings:  # the connections of an arrow that leads nowhere can't be told
        findings = proof.check(layout, found, manifests)
    if findings:
        raise Findings(findings, "mend the component (or the arrow in dataflow.yaml), then `inv hydrate`")


def _prove(settings: Settings, found: Contract, arrow: Arrow) -> list[str]:
    shown = contract.title(arrow, found)
    console.info(f"{settings.rendered.environment}: {shown}")
    broken = []
    for step in arrow.proof:
        try:
            console.info(f"    {proofs.prove(settings, step)}")
        except PenstockError as error:
            broken.append(f"{shown}: {step.said[0]}: {error.message}")
    return broken
