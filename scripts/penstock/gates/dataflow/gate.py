"""The gate: proves every arrow in every environment, prints the evidence, and names the hop that is broken."""

from __future__ import annotations

from penstock.core import console
from penstock.core.errors import Findings, PenstockError
from penstock.core.layout import find_platform
from penstock.gates.dataflow import contract, pictures, proofs
from penstock.gates.dataflow.contract import Arrow, Contract
from penstock.gates.dataflow.settings import Settings
from penstock.gates.rendered.platform import rendered
from penstock.hydrate import environments


def dataflow() -> None:
    """Findings for every arrow with a broken hop, and for every picture that shows something else."""
    layout = find_platform()
    found = contract.read(layout.root)
    findings = []
    for name in environments.names(layout):
        settings = Settings(found, rendered(layout, name))
        broken = [line for arrow in found.arrows for line in _prove(settings, found, arrow)]
        if not broken:
            console.good(f"{name}: {len(found.arrows)} arrows, every hop proven")
        findings += broken
    findings += pictures.stale(layout.root, found)
    if findings:
        raise Findings(findings, "mend the component (or the arrow in dataflow.yaml), then `inv hydrate`")


def _prove(settings: Settings, found: Contract, arrow: Arrow) -> list[str]:
    shown = f"{settings.rendered.environment}: {contract.title(arrow, found)}"
    console.info(shown)
    broken = []
    for step in arrow.proof:
        try:
            console.info(f"    {proofs.prove(settings, step)}")
        except PenstockError as error:
            broken.append(f"{shown}: {step.said[0]}: {error.message}")
    return broken
