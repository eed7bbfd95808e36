"""The parts of a component before and after the rest of it, each a separate Flux Kustomization."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from penstock.core.errors import Findings
from penstock.hydrate.lock import Locked, LockedComponent
from penstock.hydrate.rules import COLLISION

# As in https://fluxcd.io/flux/use-cases/running-jobs/. The next one is pre-deploy-2, and so on.
BEFORE = "pre-deploy"
AFTER = "post-deploy"
_LONGEST = 63  # RFC 1123 label


def part_name(phase: str, number: int) -> str:
    """Return the name of the n-th part of a phase."""
    return phase if number == 1 else f"{phase}-{number}"


def unit_name(component: str, part: str) -> str:
    """Return the name of a part's Kustomization and folder; the part with an empty name is the component itself."""
    return f"{component}-{part}" if part else component


def units(components: dict[str, LockedComponent]) -> dict[str, LockedComponent]:
    """Return every Kustomization with files, as a separate component, by name."""
    found: dict[str, LockedComponent] = {}
    for name, component in components.items():
        found[name] = msgspec.structs.replace(component, parts={}, hooks={})
        for part, unit in component.parts.items():
            found[unit_name(name, part)] = msgspec.structs.replace(
                component, provides=unit.provides, files=unit.files, parts={}, hooks={}
            )
    return {name: found[name] for name in sorted(found) if found[name].files}


def files(components: dict[str, LockedComponent]) -> Iterator[tuple[str, str, Locked]]:
    """Yield the files of components and their parts: the unit, the file's name, and its entry."""
    for name, component in components.items():
        for part, unit in (("", component), *component.parts.items()):
            folder = unit_name(name, part)
            for file, locked in unit.files.items():
                yield folder, file, locked


def chains(components: dict[str, LockedComponent]) -> dict[str, list[str]]:
    """Map each component to its units in the order in which Flux applies them, without components that have none."""
    found = {}
    for name, component in components.items():
        parts = sorted([*component.parts, *([""] if component.files else [])], key=_place)
        found[name] = [unit_name(name, part) for part in parts]
    return {name: chain for name, chain in found.items() if chain}


def steps(chains_: dict[str, list[str]]) -> dict[str, str]:
    """Map each unit to the previous unit of the same component."""
    return {after: before for chain in chains_.values() for before, after in pairwise(chain)}


def refuse_taken(components: dict[str, LockedComponent]) -> None:
    """Raise Findings for a part whose name is taken by a component, or too long for Kubernetes."""
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
