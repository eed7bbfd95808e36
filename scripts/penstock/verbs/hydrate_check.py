"""inv hydrate-check: manifests/ is what its sources give, or the change may not pass."""

from __future__ import annotations

import msgspec

from penstock.core import console
from penstock.core.errors import Findings
from penstock.core.layout import Layout, find_platform
from penstock.hydrate import environments
from penstock.hydrate.compare import changes, fast_findings

_SAID = {
    "added": "is missing: its sources render it",
    "changed": "is stale, or was edited by hand: its sources render something else",
    "removed": "is an extra file: no source renders it",
}


def hydrate_check(environment: str | None, fast: bool, as_json: bool) -> None:
    """Raise Findings for every file that differs from what hydrating would write; `fast` compares digests alone."""
    layout = find_platform()
    findings = []
    for name in environments.pick(layout, environment):
        findings += fast_findings(layout, name) if fast else _full_findings(layout, name)
    if as_json:
        console.out(msgspec.json.encode(findings).decode())
    if findings:
        raise Findings(findings, "run `inv hydrate` and commit what it writes")
    console.good("manifests/ is what its sources give" + (" (by digest)" if fast else ""))


def _full_findings(layout: Layout, environment: str) -> list[str]:
    # Not at the top: the fast check must not pay for importing what renders.
    from penstock.hydrate.pipeline import hydrate as compute

    tree = compute(layout, environment, [], everything=True)
    return [f"manifests/{environment}/{change.path} {_SAID[change.what]}" for change in changes(tree)]
