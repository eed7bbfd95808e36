"""inv hydrate: render components/ into manifests/."""

from __future__ import annotations

import time

import msgspec

from penstock.core import console, once
from penstock.hydrate import checkouts, destinations, hooks, index, lineages, lock, names, write
from penstock.hydrate.charts import Charts
from penstock.hydrate.compare import Change, changes
from penstock.hydrate.pinned import Revisions
from penstock.hydrate.pipeline import hydrate as compute
from penstock.hydrate.selection import Selection
from penstock.hydrate.tree import Tree
from penstock.platform import environments
from penstock.platform.layout import Layout, find_platform


class Summary(msgspec.Struct, frozen=True):
    """The result of hydrating one environment.

    `hooks` describes how the Helm hooks of the rendered components were handled. `seconds` is wall time.
    """

    environment: str
    components: int
    rendered: list[str]
    changes: list[dict[str, str]]
    hooks: list[str]
    seconds: float


def hydrate(selected: Selection, components: list[str], as_json: bool, platform: str = "") -> None:
    """Update manifests/ from its sources, and print the changed files."""
    summaries = update(selected, components, platform)
    if as_json:
        console.out(msgspec.json.encode(summaries).decode())
    else:
        show(summaries)


def update(selected: Selection, components: list[str], platform: str = "") -> list[Summary]:
    """Update manifests/ from its sources; returns what changed, to be shown once everything is written.

    Raises what hydration raises, with nothing written.
    """
    # One that is named is cloned; `inv hydrate` alone must not fetch a fleet.
    chosen = find_platform(platform)
    layout = selected.of(chosen) if selected.environments else selected.present(chosen)
    picked = environments.chosen(layout)
    names.refuse_misnamed(layout, environments.names(layout))
    git = index.read(layout)
    if git:
        index.refuse_sparse_sources(git)
        picked = index.present(git, layout, picked, layout.limits is not None)
    elsewhere = destinations.of(layout, picked)
    if elsewhere:
        destinations.of(layout, environments.names(layout))  # no branch is that of two
    checkouts.refuse_left(layout, picked, elsewhere)
    with write.exclusive(layout), once.run():
        checkouts.prepare(layout, elsewhere, git)
        # Compute all before writing the first: an error in one environment leaves the others unchanged.
        charts = Charts(layout, may_lock=True)
        done = _compute(layout, picked, components, charts, Revisions(layout))
        # Write the charts first: if killed before its tree is written, an environment is stale, and hydrated from them.
        used = {chart for tree, _, _ in done for each in tree.lock.components.values() for chart in each.own_charts}
        for line in charts.write(used if layout.limits is None and picked == environments.names(layout) else None):
            console.info(f"  {line}")
        for line in lineages.write(layout, picked):
            console.info(f"  {line}")
        written: dict[bytes, str] = {}
        for tree, found, _ in done:
            if found:
                write.write(layout, tree.environment, tree.files, lock.encode(tree.lock), written)
            _warn(tree, found)
    return [summary for _, _, summary in done]


def show(summaries: list[Summary]) -> None:
    """Print the changed files of each environment, and their number."""
    for summary in summaries:
        _show(summary)


def _compute(
    layout: Layout, names: list[str], components: list[str], charts: Charts, revisions: Revisions
) -> list[tuple[Tree, list[Change], Summary]]:
    start = time.monotonic()
    write.recover_trees(layout, names)
    trees = compute(layout, names, components, charts=charts, revisions=revisions)
    taken = round(time.monotonic() - start, 3)
    return [(tree, found, _summary(tree, found, taken)) for tree in trees for found in [changes(tree)]]


def _summary(tree: Tree, found: list[Change], seconds: float) -> Summary:
    shown = [_as_dict(tree.environment, change) for change in found if not change.path.endswith(".lock")]
    decided = [said for name in tree.rendered for said in hooks.described(name, tree.lock.components[name])]
    return Summary(tree.environment, len(tree.lock.components), tree.rendered, shown, decided, seconds)


def _as_dict(environment: str, change: Change) -> dict[str, str]:
    return {"what": change.what, "path": f"manifests/{environment}/{change.path}"}


def _warn(tree: Tree, found: list[Change]) -> None:
    """Warn of Jobs that delete themselves: Flux creates them again, so they run again."""
    for change in found:
        text = tree.files.get(change.path) or b""
        if b"\nkind: Job\n" in text and b"\n  ttlSecondsAfterFinished:" in text:
            console.warn(
                f"manifests/{tree.environment}/{change.path}: Flux runs it again every 10 minutes, since "
                "spec.ttlSecondsAfterFinished deletes it: take that out, by a value or a kustomization"
            )


def _show(summary: Summary) -> None:
    signs = {"added": "+", "changed": "~", "removed": "-"}
    for change in summary.changes:
        console.out(f"  {signs[change['what']]} {change['path']}")
    for line in summary.hooks:
        console.info(f"  {line}")
    count = len(summary.changes)
    what = f"{count} file{'s' if count != 1 else ''} changed" if count else "nothing changed"
    console.good(
        f"{summary.environment}: {what}; {len(summary.rendered)} of {summary.components} components rendered "
        f"in {console.seconds(summary.seconds)}"
    )
