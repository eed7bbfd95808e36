"""Prepare the sources of a run for rendering: checks, copies, chart archives, and final values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock.hydrate import hooks, lineages, resolve, stage, upstream_charts, values_schema
from penstock.hydrate.plan import Plan
from penstock.hydrate.select import Component
from penstock.platform import environments, lineage
from penstock.platform.layout import Layout


@dataclass(frozen=True)
class Sources:
    """The staged copy of the platform and its components.

    `archives` maps a component's chart archives to the names of the charts, `policies` has the decisions about its
    hooks. `states` is the output of `helmfile build --embed-values`.
    """

    layout: Layout
    components: list[Component]
    archives: dict[str, dict[str, str]]
    policies: dict[str, hooks.Policy]
    states: str


def prepare(plan: Plan, home: Path) -> Sources:
    """Prepare the sources of a plan below `home`; raises the errors of each stage before anything is rendered."""
    layout, environment = plan.inputs.layout, plan.inputs.environment
    values_schema.refuse_untyped(layout, environment)
    values_schema.refuse_shared(layout, environment)
    values_schema.refuse_unfit(layout, environment, plan.rendered)
    policies = _policies(plan)
    resolve.refuse_unhermetic(layout, environment, plan.rendered)
    staged, components = stage.stage(layout, environment, plan.rendered, home)
    lineages.stage(layout, staged, environment)
    archives = upstream_charts.prepare(staged, plan.charts, environment, components, home)
    states = resolve.resolve(staged, environment, components, home)
    return Sources(staged, components, archives, policies, states)


def _policies(plan: Plan) -> dict[str, hooks.Policy]:
    layout, environment = plan.inputs.layout, plan.inputs.environment
    named, known = lineage.names(layout, environment), environments.known(layout)
    # Also refuses a name that isn't a component's.
    by_hand = environments.cluster(Layout(layout.root), environment).bootstrap
    return {each.name: hooks.read(each.folder, named, known, each.name in by_hand) for each in plan.rendered}
