"""The upgrade rehearsal: the real Flux takes a temporary cluster from the base to this working tree, and back."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.cluster.upgrade import rehearse
from penstock.gates.finding import Finding, Proven, Rule
from penstock.gates.registry import gate
from penstock.platform import classes
from penstock.platform.layout import Layout
from penstock.review.rehearsal import Passage, Rehearsal
from penstock.tools import revisions

_REFUSED = Rule(
    "rehearse-upgrade/refused",
    "What the API server or Flux refused on the way from the base to the change, in its own words.",
    "The change passes on an empty cluster, and stops on one that has the base: Flux applies nothing more of the "
    "component.",
    "Change what is refused back, give the object another name, or go by a change in between that the server accepts.",
)
_BACK = Rule(
    "rehearse-upgrade/way-back",
    "A component that doesn't become Ready again when the change is reverted.",
    "A revert is the first answer to an incident, and here it makes another one.",
    "Revert by another change, or say in the commit what has to be done by hand; `inv review` shows what was deleted.",
)
_DISPROVED = Rule(
    "rehearse-upgrade/disproved",
    "An outcome on the cluster that `inv review` predicted otherwise.",
    "Reviewers trust the review.",
    "Report it as a bug, with both ends of the object.",
)
_RULES = {rule.id: rule for rule in (_REFUSED, _BACK, _DISPROVED)}


@gate("rehearse-upgrade", rules=list(_RULES.values()), needs=["apicheck"])
def rehearse_upgrade(platform: Layout) -> Iterator[Finding | Proven]:
    """A cluster with the base takes the step to this change, and back, as the review predicts."""
    if not revisions.default_branch(platform.root):
        yield Proven("nothing to start from: neither origin/HEAD, main nor master is known in this clone")
        return
    review = rehearse.reviewed(platform)
    reasons = {each.name: rehearse.untouched(platform, each) for each in review.environments}
    yield from (Proven(f"skipped: {reason}", name) for name, reason in reasons.items() if reason)
    for rehearsal in rehearse.rehearsals(platform, review, [name for name, reason in reasons.items() if not reason]):
        found = list(findings(rehearsal))
        yield from found
        if not found:
            yield Proven(summary(rehearsal), rehearsal.environment)


def findings(rehearsal: Rehearsal) -> Iterator[Finding]:
    """Yield what failed in a rehearsal and lasted."""
    for passage in rehearsal.passages:
        rule = _BACK if passage.leg == "back" else _REFUSED
        for refusal in passage.refusals:
            if refusal.until is None:
                where = "" if passage.leg == "head" else f"{_LEGS[passage.leg]}: "
                yield _finding(rehearsal, rule, f"{where}{refusal.component}: {refusal.message}")
    for line in rehearsal.disproved:
        yield _finding(rehearsal, _DISPROVED, line)


_LEGS = {"base": "the base itself", "back": "back at the base"}


def _finding(rehearsal: Rehearsal, rule: Rule, message: str) -> Finding:
    return Finding(rule.id, message, rule.fix, environments=(rehearsal.environment, *rehearsal.alike))


def summary(rehearsal: Rehearsal) -> str:
    """Return one line about a rehearsal in which nothing failed for good."""
    head = next(passage for passage in rehearsal.passages if passage.leg == "head")
    back = next(passage for passage in rehearsal.passages if passage.leg == "back")
    also = classes.told([rehearsal.environment, *rehearsal.alike])
    return f"to the change {_told(head)}; and back {_told(back)}{also and f'; {also}'}"


def _told(passage: Passage) -> str:
    retried = [refusal for refusal in passage.refusals if refusal.until is not None]
    counts = [
        (len(passage.created), "created"),
        (len(passage.pruned), "deleted"),
        (len(passage.recreated), "recreated"),
        (len(passage.rolled), "workloads rolled"),
        (len(retried), "failures that passed"),
    ]
    parts = [f"{number} {what}" for number, what in counts if number]
    return f"in {passage.seconds:.0f} s{': ' if parts else ''}{', '.join(parts)}"
