"""Compare what the review predicted with what Flux and the API server did on the way to the head."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.cluster.upgrade.live import Live
from penstock.kube.ref import ObjectRef
from penstock.review.model import Change, Environment
from penstock.review.rehearsal import Passage

# What the API server answers to an object over a ResourceQuota. How much of it is used, only a cluster knows.
_QUOTA = "exceeded quota: "


def disproved(review: Environment, before: Live, passage: Passage) -> list[str]:
    """Return a line for each prediction that didn't come true, and for each outcome that wasn't predicted.

    Components that didn't become Ready prove nothing about their objects, except that a refusal was predicted.
    """
    late = {refusal.component for refusal in passage.refusals if refusal.until is None}
    applied = [change for change in review.changes if change.component not in late and _before(change) in before.uids]
    return [
        *_refused(review, late, {each.component for each in passage.refusals if _QUOTA in each.message}),
        *_compared("pruned", applied, set(passage.pruned), passage),
        *_compared("rolled", applied, set(passage.rolled), passage),
        *_recreated(applied, passage),
    ]


def _refused(review: Environment, late: set[str], beyond: set[str]) -> Iterator[str]:
    """Compare the components that failed with those predicted to; of those in `beyond`, files can't tell."""
    for change in review.changes:
        if _has(change, "refused") and change.component not in late:
            yield f"{change.name}: predicted as refused, but the API server accepted it"
    predicted = {change.component for change in review.changes if _has(change, "refused")}
    named = {change.component for change in review.changes}
    for component in sorted((late & named) - predicted - beyond):
        if not any(risk.risk in ("blocked", "order") and _is_of(risk.file, component) for risk in review.risks):
            yield f"{component}: not predicted to fail, but it did"


def _is_of(file: str, component: str) -> bool:
    """Whether a file of manifests/<environment>/ is of a component, or is its Kustomization."""
    parts = file.split("/")[2:]
    return parts[:1] == [component] or parts[1:] == [f"kustomization-{component}.yaml"]


def _compared(what: str, changes: list[Change], actual: set[str], passage: Passage) -> Iterator[str]:
    """Compare the objects with an effect of this kind with those that it happened to."""
    by_object = {_before(change): change for change in changes}
    predicted = {key for key, change in by_object.items() if _has(change, what)}
    for key in sorted(predicted - actual):
        yield f"{by_object[key].name}: predicted as {what}, but it wasn't"
    for key in sorted((actual & by_object.keys()) - predicted):
        if not (what == "rolled" and key in passage.recreated):
            yield f"{ObjectRef.parse(key)}: {what}, which wasn't predicted"


def _recreated(changes: list[Change], passage: Passage) -> Iterator[str]:
    for change in changes:
        again = change.object in passage.recreated
        # Which component Flux reconciles first decides about a moved object, so both outcomes are predicted.
        if _has(change, "recreated") and not again:
            yield f"{change.name}: predicted as recreated, but it has the same uid"
        if again and not any(_has(change, what) for what in ("recreated", "moved", "reruns")):
            yield f"{change.name}: recreated, which wasn't predicted"


def _before(change: Change) -> str:
    """The id under which an object was in the cluster before."""
    return change.before if change.what == "renamed" else change.object


def _has(change: Change, what: str) -> bool:
    return any(effect.what == what for effect in change.effects)
