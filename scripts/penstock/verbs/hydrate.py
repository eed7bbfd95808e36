"""inv hydrate: components/ into manifests/."""

from __future__ import annotations

import time

import msgspec

from penstock.core import console
from penstock.core.layout import Layout, find_platform
from penstock.hydrate import environments, lock, write
from penstock.hydrate.compare import Change, changes
from penstock.hydrate.pipeline import hydrate as compute


class Summary(msgspec.Struct, frozen=True):
    """What a hydration did to one environment. `seconds` is wall time."""

    environment: str
    components: int
    rendered: list[str]
    changes: list[dict[str, str]]
    seconds: float


def hydrate(environment: str | None, components: list[str], as_json: bool) -> None:
    """Bring manifests/ up to its sources, and say what changed, object by object."""
    layout = find_platform()
    summaries = []
    with write.exclusive(layout):
        for name in environments.pick(layout, environment):
            summaries.append(hydrate_one(layout, name, components))
            if not as_json:
                _show(summaries[-1])
    if as_json:
        console.out(msgspec.json.encode(summaries).decode())


def hydrate_one(layout: Layout, environment: str, components: list[str]) -> Summary:
    """Hydrate one environment; the caller holds the platform's lock."""
    start = time.monotonic()
    write.recover_trees(layout, environment)
    tree = compute(layout, environment, components, everything=False)
    found = changes(layout, tree)
    if found:
        write.write(layout, environment, tree.files, lock.encode(tree.lock))
    shown = [_as_dict(environment, change) for change in found if not change.path.endswith(".lock")]
    return Summary(environment, len(tree.lock.components), tree.rendered, shown, round(time.monotonic() - start, 3))


def _as_dict(environment: str, change: Change) -> dict[str, str]:
    return {"what": change.what, "path": f"manifests/{environment}/{change.path}"}


def _show(summary: Summary) -> None:
    signs = {"added": "+", "changed": "~", "removed": "-"}
    for change in summary.changes:
        console.out(f"  {signs[change['what']]} {change['path']}")
    count = len(summary.changes)
    what = f"{count} file{'s' if count != 1 else ''} changed" if count else "nothing changed"
    console.good(
        f"{summary.environment}: {what}; {len(summary.rendered)} of {summary.components} components rendered "
        f"in {console.seconds(summary.seconds)}"
    )
