"""The sources of a run, ready to render: checked, copied, with archives for upstream charts, and with final values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock.core.layout import Layout
from penstock.hydrate import hooks, resolve, stage, upstream_charts, values_schema
from penstock.hydrate.plan import Plan
from penstock.hydrate.select import Component
from penstock.platform import environments


@dataclass(frozen=True)
class Sources:
    """The copy that programs see, and its components.

    `archives` maps a component's chart archives to what the charts are called, `policies` has what becomes of its
    hooks. `states` is what `helmfile build --embed-values` printed.
    """

    layout: Layout
    components: list[Component]
    archives: dict[str, dict[str, str]]
    policies: dict[str, hooks.Policy]
    states: str


def prepare(plan: Plan, home: Path) -> Sources:
    """Prepare what the plan renders below `home`; the errors of each stage, before a program that renders runs."""
    layout, environment = plan.inputs.layout, plan.inputs.environment
    values_schema.refuse_untyped(layout, environment)
    policies = _policies(plan)
    resolve.refuse_unhermetic(layout, plan.rendered)
    staged, components = stage.stage(layout, environment, plan.rendered, home)
    archives = upstream_charts.prepare(staged, plan.charts, environment, components, home)
    states = resolve.resolve(staged, environment, components, home)
    return Sources(staged, components, archives, policies, states)


def _policies(plan: Plan) -> dict[str, hooks.Policy]:
    layout, environment = plan.inputs.layout, plan.inputs.environment
    known = environments.names(layout)
    # Refuses a name that is no component.
    by_hand = environments.cluster(layout, environment).bootstrap
    return {each.name: hooks.read(each.folder, environment, known, each.name in by_hand) for each in plan.rendered}
