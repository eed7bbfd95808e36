"""The gate: no change above the limits of review.yaml, and no deletion that no commit acknowledges."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.gates.finding import Finding, Proven, Rule, Severity
from penstock.gates.registry import gate
from penstock.platform.layout import Layout
from penstock.review import report, settings
from penstock.review.model import Review, Risk
from penstock.review.risks.rule import every
from penstock.tools import revisions

PRUNE = Rule(
    "review/prune",
    "A change that makes Flux delete many objects, or one of a protected kind, and that no commit acknowledges.",
    "A renamed file or a lost line can take a whole component with it, with its data.",
    "End the message of a commit with the trailer that the finding prints, if the deletion is meant.",
)


@gate("review", rules=[PRUNE, *(each.rule for each in every())], needs=["apicheck"])
def review(platform: Layout) -> Iterator[Finding | Proven]:
    """The change since the default branch has no risk above the limits, and deletes nothing by surprise."""
    if not revisions.default_branch(platform.root):
        yield Proven("nothing to compare with: neither origin/HEAD, main nor master is known in this clone")
        return
    found = report.review(platform)
    chosen = settings.read(platform.root)
    yield from guarded(found)
    for each in found.environments:
        yield from (finding(risk, "error") for risk in each.risks if chosen.fails(risk))
    for each in found.environments:
        yield Proven(f"{len(each.changes)} objects differ from {found.base}, {len(each.risks)} risks", each.name)


def guarded(found: Review) -> Iterator[Finding]:
    """Yield the finding of the deletion guard."""
    if found.unguarded:
        yield Finding(PRUNE.id, *found.unguarded, environments=tuple(found.guarded))


def finding(risk: Risk, severity: Severity) -> Finding:
    """Return a risk as a finding."""
    message = f"{risk.name}: {risk.message}" if risk.name else risk.message
    return Finding(risk.rule, message, risk.fix, risk.file, environments=(risk.environment,), severity=severity)
