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
from penstock.hydrate.sources import batches, prepare
from penstock.platform import secrets


@dataclass(frozen=True)
class Split:
    """The lock entries of rendered components, and the bytes of changed files by unit and name."""

    entries: dict[str, LockedComponent] = field(default_factory=dict)
    texts: dict[str, dict[str, bytes]] = field(default_factory=dict)


def renew(plans: list[Plan]) -> dict[str, Split]:
    """Render the components of plans, those that are equal in several environments once.

    Returns the result of each environment; raises the errors of every stage.
    """
    results = {plan.inputs.environment: Split() for plan in plans}
    inputs = {plan.inputs.environment: plan.inputs for plan in plans}
    for batch in batches(plans):
        with explained(batch[0].rendered[0]):
            _renew(batch, inputs, results)
    return results


def _renew(plans: list[Plan], inputs: dict[str, Inputs], results: dict[str, Split]) -> None:
    with plain_folder("penstock-home-") as home:
        sources = prepare(plans, home)
        rendered = render(sources, home)
    # After helmfile's own `secrets:`, which may name this file, were refused.
    secrets.declared(plans[0].inputs.layout, sorted({source.component.name for source in sources.each}))
    done: dict[tuple[int, bytes], tuple[LockedComponent, dict[str, dict[str, bytes]]]] = {}
    for source, found in zip(sources.each, rendered, strict=True):
        name, result = source.component.name, results[source.environment]
        component = source.plan.components[name]
        digest = inputs[source.environment].of(component, found.summary.charts)
        if found.summary.unchanged:
            result.entries[name] = _kept(source.plan.intact[name], digest, component.commit, found)
            continue
        key = (id(found.objects), msgspec.json.encode(source.policy))
        if key not in done:
            done[key] = _split(source.policy, found)
        entry, files = done[key]
        result.entries[name] = _kept(entry, digest, component.commit, found)
        result.texts.update({unit_name(name, part): named for part, named in files.items()})


def _split(policy: hooks.Policy, found: Rendered) -> tuple[LockedComponent, dict[str, dict[str, bytes]]]:
    decided = hooks.decide(policy, found.objects)
    for part in decided.parts.values():
        check.refuse_secrets(policy.component, part)
        check.refuse_dropped(policy.component, part)
    return split.split("", found.summary, decided)


def _kept(locked: LockedComponent, inputs: str, commit: str, found: Rendered) -> LockedComponent:
    """Return the entry of a component with other inputs and the same objects."""
    summary = found.summary
    return msgspec.structs.replace(
        locked, inputs=inputs, commit=commit, charts=summary.charts, depends_on=summary.depends_on
    )
