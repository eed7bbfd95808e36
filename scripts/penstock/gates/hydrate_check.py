"""The gate: manifests/ equals what its sources render; `inv hydrate-check` runs it too."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.core.errors import Findings
from penstock.gates.finding import Finding, Proven
from penstock.gates.registry import gate
from penstock.hydrate import destinations, index, lineages, names
from penstock.hydrate.compare import changes
from penstock.hydrate.pinned import Revisions
from penstock.hydrate.rules import RULES, STALE, UNCOMMITTED
from penstock.platform import environments
from penstock.platform.layout import Layout

_HINT = "run `inv hydrate` and commit what it writes"
_MESSAGES = {
    "added": "missing: its sources render it",
    "changed": "stale, or edited by hand: its sources render something else",
    "removed": "an extra file: no source renders it",
}


@gate("hydrate-check", rules=[STALE, UNCOMMITTED, *RULES])
def hydrate_check(platform: Layout) -> Iterator[Finding | Proven]:
    """Rendering everything twice gives exactly the committed bytes."""
    picked = environments.chosen(platform)
    git = index.read(platform)
    if git:
        index.refuse_sparse_sources(git)
    names.refuse_misnamed(platform, environments.names(platform), None)
    faulty, revisions = False, Revisions(platform)
    present = index.present(git, platform, picked, platform.limits is not None) if git else picked
    for line in destinations.faults(platform, destinations.of(platform, picked), git):
        faulty = True
        yield Finding(UNCOMMITTED.id, line, _HINT)
    for finding in _stale(platform, present, revisions):
        faulty = True
        yield finding
    for fault in lineages.faults(platform, picked):
        faulty = True
        yield Finding(fault.rule.id, fault.text, _HINT, fault.path)
    if not faulty:
        yield Proven("manifests/ is what its sources render")


def _stale(platform: Layout, names: list[str], revisions: Revisions) -> Iterator[Finding]:
    # Imported late: `inv explain` needs only the rules, and the renderer is slow to import.
    from penstock.hydrate.pipeline import hydrate

    afresh = {name: platform.components_limited_to(name) for name in names}
    try:
        trees = hydrate(platform, names, [], afresh=afresh, revisions=revisions)
    except Findings as refused:
        if len(names) > 1:  # which of them is refused?
            for name in names:
                yield from _stale(platform, [name], revisions)
            return
        for rule, line in zip(refused.rules, refused.findings, strict=True):
            yield Finding(rule, line, refused.hint, environments=(names[0],))
        return
    for tree in trees:
        for change in changes(tree):
            path = f"manifests/{tree.environment}/{change.path}"
            yield Finding(STALE.id, _MESSAGES[change.what], _HINT, path, environments=(tree.environment,))
