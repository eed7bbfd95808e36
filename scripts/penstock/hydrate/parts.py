"""The parts of a component, each a Flux Kustomization of its own: what comes before the rest, and after it."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from penstock.core.errors import Findings
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.rules import COLLISION

# As in https://fluxcd.io/flux/use-cases/running-jobs/. A further one is called pre-deploy-2, and so on.
BEFORE = "pre-deploy"
AFTER = "post-deploy"
_LONGEST = 63  # RFC 1123 label


def part_name(phase: str, number: int) -> str:
    """What the first, second, … part of a phase is called."""
    return phase if number == 1 else f"{phase}-{number}"


def unit_name(component: str, part: str) -> str:
    """What the Kustomization of a part is called, and its folder; the part without a name is the component itself."""
    return f"{component}-{part}" if part else component


def units(components: dict[str, LockedComponent]) -> dict[str, LockedComponent]:
    """Every Kustomization that there has to be, as if each were a component: those with files, by name."""
    found: dict[str, LockedComponent] = {}
    for name, component in components.items():
        found[name] = msgspec.structs.replace(component, parts={}, hooks={})
        for part, unit in component.parts.items():
            found[unit_name(name, part)] = msgspec.structs.replace(
                component, provides=unit.provides, files=unit.files, parts={}, hooks={}
            )
    return {name: found[name] for name in sorted(found) if found[name].files}


def chains(components: dict[str, LockedComponent]) -> dict[str, list[str]]:
    """Component -> its units that there are, in the order in which Flux applies them; without those that have none."""
    found = {}
    for name, component in components.items():
        parts = sorted([*component.parts, *([""] if component.files else [])], key=_place)
        found[name] = [unit_name(name, part) for part in parts]
    return {name: chain for name, chain in found.items() if chain}


def steps(chains_: dict[str, list[str]]) -> dict[str, str]:
    """Unit -> the unit of the same component that comes right before it."""
    return {after: before for chain in chains_.values() for before, after in pairwise(chain)}


def refuse_taken(components: dict[str, LockedComponent]) -> None:
    """Raise Findings where a part's name is that of a component, or longer than Kubernetes allows."""
    findings = []
    for name, component in components.items():
        for part in component.parts:
            unit = unit_name(name, part)
            if unit in components:
                findings.append(f"components/{unit} takes the name that the hooks of components/{name} need")
            if len(unit) > _LONGEST:
                findings.append(
                    f"components/{name}: the name of its hooks, {unit}, is longer than {_LONGEST} characters"
                )
    if findings:
        raise Findings(findings, "nothing was written; rename the component", COLLISION)


def _place(part: str) -> tuple[int, int]:
    phase, _, number = part.rpartition("-") if part.rpartition("-")[2].isdigit() else (part, "", "1")
    return (BEFORE, "", AFTER).index(phase), int(number)
