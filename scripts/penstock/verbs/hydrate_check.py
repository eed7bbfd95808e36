"""inv hydrate-check: manifests/ is what its sources give, or the change may not pass."""

from __future__ import annotations

import msgspec

from penstock.core import console
from penstock.core.errors import Findings
from penstock.core.layout import Layout, find_platform
from penstock.hydrate import index, names
from penstock.hydrate.compare import changes
from penstock.hydrate.fast import fast_findings, line_ends, unused_charts
from penstock.hydrate.index import Index
from penstock.platform import environments

_SAID = {
    "added": "is missing: its sources render it",
    "changed": "is stale, or was edited by hand: its sources render something else",
    "removed": "is an extra file: no source renders it",
}


def hydrate_check(environment: str | None, fast: bool, as_json: bool, platform: str = "") -> None:
    """Raise Findings for every file that differs from what hydrating would write.

    `fast` compares digests alone, and in a Git repository those of the files that a commit would hold.
    """
    layout = find_platform(platform)
    known = environments.names(layout)
    picked = environments.pick(layout, environment)
    git = index.read(layout)
    if git:
        index.refuse_sparse_sources(git)
    names.refuse_misnamed(layout, known, git if fast else None)
    findings = _fast_findings(layout, picked, known, git) if fast else _full_findings(layout, picked, environment, git)
    if as_json:
        console.out(msgspec.json.encode(findings).decode())
    if findings:
        raise Findings(findings, "run `inv hydrate` and commit what it writes")
    console.good("manifests/ is what its sources give" + (" (by digest)" if fast else ""))


def _fast_findings(layout: Layout, picked: list[str], known: list[str], git: Index | None) -> list[str]:
    findings = [line for name in picked for line in fast_findings(layout, name, git)]
    for name in git.unfinished() if git else []:
        if not any(line.startswith(f"components/{name} ") for line in findings):
            console.warn(f"components/{name} is left out: Git knows no file of it; `git add` it when it is finished")
    converted = git.converted() if git else []
    if converted:
        raise line_ends(converted, "Git")
    if picked == known and not findings:
        findings = unused_charts(layout, known)
    return list(dict.fromkeys(findings))  # a source that all environments lack


def _full_findings(layout: Layout, picked: list[str], asked: str | None, git: Index | None) -> list[str]:
    # Not at the top: the fast check must not pay for importing what renders.
    from penstock.hydrate.pipeline import hydrate as compute

    present = index.present(git, layout, picked, asked) if git else picked
    trees = {name: compute(layout, name, [], everything=True) for name in present}
    return [f"manifests/{name}/{change.path} {_SAID[change.what]}" for name in trees for change in changes(trees[name])]
