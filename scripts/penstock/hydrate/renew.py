"""Render the components of a plan into files: prepare, render, decide, check, split."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from penstock.core.files import plain_folder
from penstock.hydrate import check, hooks, split
from penstock.hydrate.lock import LockedComponent
from penstock.hydrate.parts import unit_name
from penstock.hydrate.pinned import explained
from penstock.hydrate.plan import Plan
from penstock.hydrate.render import Rendered, render
from penstock.hydrate.select import Inputs
from penstock.hydrate.sources import prepare
from penstock.platform import secrets


@dataclass(frozen=True)
class Split:
    """The lock entries of rendered components, and the bytes of changed files by unit and name."""

    entries: dict[str, LockedComponent] = field(default_factory=dict)
    texts: dict[str, dict[str, bytes]] = field(default_factory=dict)


def renew(plan: Plan) -> Split:
    """Render the components of a plan; raises the errors of every stage."""
    result = Split()
    for part in plan.parts():
        with explained(part.rendered[0]):
            _renew(part, plan.inputs, result)
    return result


def _renew(plan: Plan, inputs_of: Inputs, result: Split) -> None:
    with plain_folder("penstock-home-") as home:
        sources = prepare(plan, home)
        rendered = render(plan, sources, home)
    # After helmfile's own `secrets:`, which may name this file, were refused.
    secrets.declared(plan.inputs.layout, [each.name for each in plan.rendered])
    for component in plan.rendered:
        found = rendered[component.name]
        inputs = inputs_of.of(component, found.summary.charts)
        if found.summary.unchanged:
            result.entries[component.name] = _kept(plan.intact[component.name], inputs, component.commit, found)
            continue
        decided = hooks.decide(sources.policies[component.name], found.objects)
        for part in decided.parts.values():
            check.refuse_secrets(component.name, part)
            check.refuse_dropped(component.name, part)
        entry, files = split.split(inputs, found.summary, decided)
        result.entries[component.name] = msgspec.structs.replace(entry, commit=component.commit)
        result.texts.update({unit_name(component.name, part): named for part, named in files.items()})


def _kept(locked: LockedComponent, inputs: str, commit: str, found: Rendered) -> LockedComponent:
    """Return the old entry of a component whose inputs changed without changing its resolved releases."""
    summary = found.summary
    return msgspec.structs.replace(
        locked, inputs=inputs, commit=commit, charts=summary.charts, depends_on=summary.depends_on
    )
