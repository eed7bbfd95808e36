"""Prepare the sources of a run for rendering: checks, copies, chart archives, and final values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.hydrate import hooks, lineages, resolve, stage, upstream_charts, values_schema
from penstock.hydrate.plan import Plan
from penstock.hydrate.resolve import State
from penstock.hydrate.select import Component
from penstock.platform import environments, lineage
from penstock.platform.layout import Layout


@dataclass(frozen=True)
class Source:
    """A staged component in an environment.

    `archives` maps its chart archives to the names of the charts, `policy` has the decisions about its hooks. `state`
    is what helmfile resolves it to, None without a helmfile.
    """

    plan: Plan
    component: Component
    archives: dict[str, str]
    policy: hooks.Policy
    state: State | None

    @property
    def environment(self) -> str:
        """The name of the environment."""
        return self.plan.inputs.environment


@dataclass(frozen=True)
class Sources:
    """The staged copy of the platform, and its components in each environment."""

    layout: Layout
    each: list[Source]


def batches(plans: list[Plan]) -> Iterator[list[Plan]]:
    """Split the components to render into runs that each need one copy of the sources.

    That is one for all environments, but for pinned components, which have the sources of their commit, and for
    upstream charts, whose versions may differ between environments.
    """
    commits: dict[str, list[Plan]] = {}
    for part in (part for plan in plans for part in plan.parts()):
        commits.setdefault(part.rendered[0].commit, []).append(part)
    for _, parts in sorted(commits.items()):
        yield from _by_charts(parts)


def _by_charts(plans: list[Plan]) -> Iterator[list[Plan]]:
    if len(plans) < 2:
        yield plans
        return
    charted = {
        component.folder
        for plan in plans
        for component in plan.rendered
        if component.helmfile and upstream_charts.names_any(component.helmfile)
    }
    common = [_only(plan, [each for each in plan.rendered if each.folder not in charted]) for plan in plans]
    if any(plan.rendered for plan in common):
        yield [plan for plan in common if plan.rendered]
    for plan in plans:
        own = [each for each in plan.rendered if each.folder in charted]
        if own:
            yield [_only(plan, own)]


def prepare(plans: list[Plan], home: Path) -> Sources:
    """Prepare the sources of plans below `home`; raises the errors of each stage before anything is rendered."""
    layout, names = plans[0].inputs.layout, [plan.inputs.environment for plan in plans]
    for name, plan in zip(names, plans, strict=True):
        values_schema.refuse_untyped(layout, name)
        values_schema.refuse_shared(layout, name)
        values_schema.refuse_unfit(layout, name, plan.rendered)
    known = environments.known(layout)
    policies = [policy for plan in plans for policy in _policies(plan, known)]
    wanted = [(plan, component) for plan in plans for component in plan.rendered]
    components = [component for _, component in wanted]
    resolve.refuse_unhermetic(layout, names, list({each.folder: each for each in components}.values()))
    staged, copies = stage.stage(layout, names, components, home)
    for name in names:
        lineages.stage(layout, staged, name)
    archives = [{} for _ in copies] if len(plans) > 1 else _archives(plans[0], staged, copies, home)
    readable = {name: [layout.relative(path) for path in stage.readable(layout, name)] for name in names}
    pairs = [(plan.inputs.environment, copy) for (plan, _), copy in zip(wanted, copies, strict=True)]
    found = resolve.resolve(staged, readable, pairs, home)
    return Sources(
        staged,
        [
            Source(plan, copy, named, policy, state)
            for (plan, _), copy, named, policy, state in zip(wanted, copies, archives, policies, found, strict=True)
        ],
    )


def _only(plan: Plan, rendered: list[Component]) -> Plan:
    return replace(plan, rendered=rendered)


def _archives(plan: Plan, staged: Layout, components: list[Component], home: Path) -> list[dict[str, str]]:
    named = upstream_charts.prepare(staged, plan.charts, plan.inputs.environment, components, home)
    return [named.get(each.name, {}) for each in components]


def _policies(plan: Plan, known: list[str]) -> list[hooks.Policy]:
    layout, environment = plan.inputs.layout, plan.inputs.environment
    named = lineage.names(layout, environment)
    # Also refuses a name that isn't a component's.
    by_hand = environments.cluster(Layout(layout.root), environment).bootstrap
    return [hooks.read(each.folder, named, known, each.name in by_hand) for each in plan.rendered]
