"""inv hydrate-check: fail if manifests/ differs from what its sources render to."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from penstock.core import console, once
from penstock.core.errors import Findings
from penstock.hydrate import destinations, index, lineages, names
from penstock.hydrate.fast import Line, failure, fast_findings, line_ends, unused_charts
from penstock.hydrate.rules import UNCOMMITTED
from penstock.hydrate.seen import Seen
from penstock.hydrate.selection import Selection
from penstock.platform import environments
from penstock.platform.layout import Layout, find_platform


def hydrate_check(selected: Selection, fast: bool, as_json: bool, platform: str = "") -> None:
    """Raise Findings with every file that differs from what `inv hydrate` would write.

    `fast` only compares digests; in a Git repository, those of the files to be committed.
    """
    chosen = find_platform(platform)
    with once.run():
        found = failure(_fast_findings(selected, chosen)) if fast else _full_findings(selected.present(chosen))
    if as_json:
        console.out(msgspec.json.encode(found.findings).decode())
    if found.findings:
        raise found
    console.good("manifests/ is what its sources give" + (" (by digest)" if fast else ""))


def _fast_findings(selected: Selection, platform: Layout) -> list[Line]:
    git = index.read(platform)
    # A hook judges a commit of the sources, which has none of the manifests on other branches.
    layout = selected.of(platform) if git and git.environment else selected.present(platform)
    if git is None or not git.differing:
        return _judged(layout, git, elsewhere=not (git and git.environment))
    differing = [Line(text, UNCOMMITTED) for text in index.differing(git)]
    with index.as_committed(git) as committed:
        try:
            findings = _judged(replace(committed, limits=layout.limits), None, elsewhere=False)
        except Findings as refused:
            lines = [*(line.text for line in differing), *refused.findings]
            rules = [*(line.rule.id for line in differing), *refused.rules]
            raise Findings(lines, refused.hint, rules=rules) from None
    # The working tree doesn't matter if the commit is consistent.
    return [*differing, *findings] if findings else []


def _judged(layout: Layout, git: index.Index | None, elsewhere: bool) -> list[Line]:
    """Return the findings; those of manifests on other branches as they are on disk, if `elsewhere`."""
    known = environments.names(layout)
    picked = environments.chosen(layout)
    if git:
        index.refuse_sparse_sources(git)
    names.refuse_misnamed(layout, known, git)
    seen = Seen()
    others = destinations.of(layout, picked)
    findings = [line for name in picked if name not in others for line in fast_findings(layout, name, git, seen)]
    findings += [Line(text, UNCOMMITTED) for text in destinations.faults(layout, others, git)]
    if elsewhere and others:
        seen = Seen()
        findings += [line for name in others for line in fast_findings(layout, name, seen=seen)]
    faults = lineages.faults(layout, picked, git)
    findings += [Line(f"{fault.path} {fault.text}".strip(), fault.rule) for fault in faults]
    for name in git.unfinished() if git else []:
        if not any(line.text.startswith(f"components/{name} ") for line in findings):
            console.warn(f"components/{name} is left out: Git knows no file of it; `git add` it when it is finished")
    converted = git.converted() if git else []
    if converted:
        raise line_ends(converted, "Git")
    if layout.limits is None and not findings and (elsewhere or not others):
        findings = unused_charts(layout, known)
    return list(dict.fromkeys(findings))  # all environments may lack the same source


def _full_findings(layout: Layout) -> Findings:
    # Imported here, since the fast check must not pay for importing the renderer.
    from penstock.gates.finding import Finding
    from penstock.gates.hydrate_check import hydrate_check as gate
    from penstock.gates.runner import hints

    findings = [each for each in gate(layout) if isinstance(each, Finding)]
    return Findings([str(each) for each in findings], hints(findings), rules=[each.rule for each in findings])
