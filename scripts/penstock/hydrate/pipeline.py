"""One environment, from its sources to the files of its tree: plan, prepare, render, decide, check, split, order."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from penstock.core.files import plain_folder, sha256
from penstock.core.layout import Layout
from penstock.hydrate import check, derived, hooks, labels, lock, split
from penstock.hydrate.charts import Charts
from penstock.hydrate.lock import Lock, LockedComponent
from penstock.hydrate.parts import refuse_taken, unit_name, units
from penstock.hydrate.plan import Plan, plan
from penstock.hydrate.render import Rendered, render
from penstock.hydrate.sources import prepare
from penstock.hydrate.tree import Tree
from penstock.platform import secrets


@dataclass(frozen=True)
class Split:
    """The lock's entries of what was rendered; and unit -> file -> bytes, of what came out differently."""

    entries: dict[str, LockedComponent] = field(default_factory=dict)
    texts: dict[str, dict[str, bytes]] = field(default_factory=dict)


def hydrate(
    layout: Layout, environment: str, only: list[str], *, trust_lock: bool = True, charts: Charts | None = None
) -> Tree:
    """Compute an environment's tree; writes nothing but the cache.

    `only` limits the run to some components. Without `trust_lock` everything is rendered, and nothing is kept.
    `charts` are the upstream charts, by default those in charts.lock and no other.
    """
    charts = charts or Charts(layout, may_lock=False)
    planned = plan(layout, environment, only, charts, trust_lock=trust_lock)
    return _tree(planned, _split(planned) if planned.rendered else Split())


def _split(plan: Plan) -> Split:
    """The files of what the plan renders."""
    with plain_folder("penstock-home-") as home:
        sources = prepare(plan, home)
        rendered = render(plan, sources, home)
    # After helmfile's own `secrets:` were refused, which may be in a file of this name.
    secrets.declared(plan.inputs.layout, [each.name for each in plan.rendered])
    result = Split()
    for component in plan.rendered:
        found = rendered[component.name]
        inputs = plan.inputs.of(component, found.summary.charts)
        if found.summary.unchanged:
            result.entries[component.name] = _kept(plan.intact[component.name], inputs, found)
            continue
        decided = hooks.decide(sources.policies[component.name], found.objects)
        for part in decided.parts.values():
            check.refuse_secrets(component.name, part)
            check.refuse_dropped(component.name, part)
        result.entries[component.name], files = split.split(inputs, found.summary, decided)
        result.texts.update({unit_name(component.name, part): named for part, named in files.items()})
    return result


def _kept(locked: LockedComponent, inputs: str, found: Rendered) -> LockedComponent:
    """The old entry of a component whose inputs changed, but not what they resolve to."""
    summary = found.summary
    return msgspec.structs.replace(locked, inputs=inputs, charts=summary.charts, depends_on=summary.depends_on)


def _tree(plan: Plan, done: Split) -> Tree:
    """The whole tree: what was rendered, what is kept, and what follows from both."""
    layout, environment = plan.inputs.layout, plan.inputs.environment
    entries = plan.locked | done.entries
    components = {name: entries[name] for name in sorted(plan.components) if name in entries}
    refuse_taken(components)
    check.check(components)
    files: dict[str, bytes | None] = {
        f"{name}/{file}": done.texts[name][file] if name in done.texts else None
        for name, unit in units(components).items()
        for file in unit.files
    }
    made = derived.files(environment, components, labels.reader(layout.tree(environment), done.texts))
    digests = {path: sha256(data) for path, data in made.items()}
    # What is on disk already is kept: a link costs less than a file.
    files |= {path: None if plan.disk.get(path) == digests[path] else data for path, data in made.items()}
    written = Lock(version=lock.FORMAT, components=components, flux=digests)
    return Tree(environment, files, written, [each.name for each in plan.rendered], plan.disk)
