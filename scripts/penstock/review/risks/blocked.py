"""Changes that the API server refuses, or that would make it refuse what exists."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.review import crd_changes
from penstock.review.crd_changes import ApiChange
from penstock.review.risks.parts import at, both, count
from penstock.review.risks.rule import Hit, risk
from penstock.review.step import Step
from penstock.review.trees import Item


@risk(
    "immutable",
    "blocked",
    "high",
    "A change of a field that can't change: a selector, a StatefulSet's claim templates, a Job's template, a CEL rule.",
    "The API server refuses it, and Flux applies nothing of the component until it is fixed.",
    "Give the object another name, or delete it in the cluster first.",
)
def immutable(step: Step) -> Iterator[Hit]:
    """What the API server refuses although it would accept the object by itself."""
    for delta in step.deltas:
        for effect in delta.effects:
            if effect.what == "refused" and "in the cluster first" in effect.says:
                yield Hit(delta.item, effect.says)


@risk(
    "invalid",
    "blocked",
    "high",
    "A change that makes an object invalid.",
    "The API server refuses it, and Flux applies nothing of the component until it is fixed.",
    "Fix the field that the message names.",
)
def invalid(step: Step) -> Iterator[Hit]:
    """What the API server refuses in any state of the cluster."""
    for delta in step.deltas:
        for effect in delta.effects:
            if effect.what == "refused" and "in the cluster first" not in effect.says:
                yield Hit(delta.item, effect.says)


def _api(step: Step, what: str) -> Iterator[tuple[Item, ApiChange]]:
    for old, new in both(step, "CustomResourceDefinition"):
        for change in crd_changes.compare(old.content, new.content):
            if change.what == what:
                yield new, change


@risk(
    "crd-version-dropped",
    "blocked",
    "high",
    "A CustomResourceDefinition drops or no longer serves a version.",
    "The API server refuses to drop a version that it has stored objects in, and clients of the version fail.",
    "Migrate the stored objects and `status.storedVersions` first, and drop the version in a later change.",
)
def crd_version_dropped(step: Step) -> Iterator[Hit]:
    """A version that is no longer served, and the objects of the manifests that use it."""
    for item, change in _api(step, "version-removed"):
        group, kind = at(item, "spec.group"), at(item, "spec.names.kind", "")
        used = [one for one in step.after.of(kind) if one.content["apiVersion"] == f"{group}/{change.path}"]
        more = f"; {count(len(used), 'object')} of the manifests in it, such as {used[0]}" if used else ""
        yield Hit(item, f"{change}{more}")


@risk(
    "crd-narrowed",
    "blocked",
    "high",
    "A CustomResourceDefinition allows fewer values: another type, a smaller enum, a tighter limit.",
    "Existing objects with the values that were valid can't be updated any more.",
    "Check the existing objects, or add a new version with the narrower schema.",
)
def crd_narrowed(step: Step) -> Iterator[Hit]:
    """A property that allows fewer values than before."""
    yield from (Hit(item, str(change)) for item, change in _api(step, "narrowed"))


@risk(
    "crd-required",
    "blocked",
    "high",
    "A CustomResourceDefinition requires a property that was optional.",
    "Existing objects without the property can't be updated any more.",
    "Give the property a default, or leave it optional in this version.",
)
def crd_required(step: Step) -> Iterator[Hit]:
    """A property that is newly required."""
    yield from (Hit(item, str(change)) for item, change in _api(step, "required"))


@risk(
    "crd-rule",
    "blocked",
    "medium",
    "A CustomResourceDefinition has a new CEL rule.",
    "Existing objects that break the rule can't be updated any more.",
    "Check the existing objects against the rule.",
)
def crd_rule(step: Step) -> Iterator[Hit]:
    """A validation that did not exist before."""
    yield from (Hit(item, str(change)) for item, change in _api(step, "rule"))


@risk(
    "crd-storage-version",
    "blocked",
    "low",
    "A CustomResourceDefinition stores its objects in another version.",
    "Existing objects stay stored in the old version until they are written again, so it can't be dropped yet.",
    "Keep the old version served, and migrate the stored objects before it is dropped.",
)
def crd_storage_version(step: Step) -> Iterator[Hit]:
    """The stored version moved."""
    yield from (Hit(item, change.text) for item, change in _api(step, "storage"))
