"""The gate: proves every arrow of dataflow.yaml in every environment, and prints the evidence."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core import console
from penstock.core.errors import PenstockError
from penstock.gates.dataflow import pictures, proofs
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.registry import gate
from penstock.platform import dataflow as contract
from penstock.platform import environments
from penstock.platform.dataflow import FILE, Arrow, Contract
from penstock.platform.layout import Layout
from penstock.platform.manifests import Parsed
from penstock.platform.rendered import rendered
from penstock.platform.settings import Settings

_HINT = f"fix the component, or the arrow in {FILE}, then `inv hydrate`"
_HOP = Rule(
    "dataflow/hop",
    f"A hop of an arrow of {FILE} that the manifests don't confirm: a setting, Service, port, container or bucket.",
    "The data of the arrow doesn't arrive.",
    f"Fix the component's configuration, or the arrow in {FILE}, then `inv hydrate`.",
)
_ENVIRONMENT = Rule(
    "dataflow/environment",
    f"An environment that {FILE} names and the platform doesn't have.",
    "The declaration has no effect.",
    "Fix the name.",
)
_PICTURE = Rule(
    "dataflow/picture",
    f"A page with a picture that differs from {FILE}.",
    "The docs show a different platform from the proven one.",
    "Run `inv diagram`.",
)


@gate("dataflow", rules=[_HOP, _ENVIRONMENT, _PICTURE])
def dataflow(platform: Layout) -> Iterator[Finding | Proven]:
    """The manifests confirm every arrow of the architecture picture, hop by hop."""
    declared = contract.read(platform.root)
    every = environments.chosen(platform)
    unknown = contract.unknown_environments(declared, environments.known(platform))
    if unknown:
        yield from (Finding(_ENVIRONMENT.id, line.removeprefix(f"{FILE}: "), "fix the name", FILE) for line in unknown)
        return
    parsed: Parsed = {}
    for name in every:
        settings = Settings(declared, rendered(platform, name, parsed))
        lines = [line for arrow in declared.arrows for line in _prove(settings, declared, arrow)]
        yield from (Finding(_HOP.id, line, _HINT, environments=(name,)) for line in lines)
        if not lines:
            yield Proven(f"{len(declared.arrows)} arrows, every hop proven", name)
    for page in pictures.stale(platform.root, declared):
        yield Finding(_PICTURE.id, f"the picture differs from {FILE}", "run `inv diagram`", page)


def _prove(settings: Settings, declared: Contract, arrow: Arrow) -> list[str]:
    shown = contract.title(arrow, declared)
    console.info(f"{settings.rendered.environment}: {shown}")
    broken = []
    for step in arrow.proof:
        try:
            console.info(f"    {proofs.prove(settings, step)}")
        except PenstockError as error:
            broken.append(f"{shown}: {step.kinds[0]}: {error.message}")
    return broken
